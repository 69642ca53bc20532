#include "daemon/sources/file/file_source.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/partition/router.h"
#include "daemon/sources/file/line_reader.h"

namespace settle::file {
namespace {

constexpr std::size_t kept_text_max = 4'096;

/// One partition's place in the file.
struct Seat {
  std::uint64_t seating = 0;  // Which of its seatings; what is answered for another is no matter.
  Offsets known;              // Of every file that its commits know.
  std::int64_t next = 0;      // What lies below has been poured, or was not for it.
  std::int64_t sent = 0;      // What lies below has been poured.
};

struct Pour {
  std::uint32_t partition = 0;
  std::uint64_t seating = 0;
  LogPart part;
};

class FileSource final : public Source, public std::enable_shared_from_this<FileSource> {
 public:
  FileSource(Settings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}

  void begin(Intake& intake) {
    intake_ = &intake;
    thread_ = std::thread([this] { run(); });
  }
  void seated(std::uint32_t partition, const Offsets& positions) override;
  void unseated(std::uint32_t partition) override;
  [[nodiscard]] SourceReport report() const override;
  void end() override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  /// Reads and pours what comes next; false if there is nothing to be done for now.
  bool step();
  bool open_file();
  void note_failure(const Error& error);
  struct Cursor {
    std::int64_t from = 0;
    std::size_t room = 0;       // For so many events.
    std::int64_t farthest = 0;  // What has been read by any partition.
  };
  [[nodiscard]] std::optional<Cursor> cursor() const;
  /// For partitions that have come to `from`, where the chunk begins.
  std::vector<Pour> share_out(const Chunk& chunk, std::int64_t from, std::vector<Poison>& poison);
  void take(const Pour& pour, std::int64_t begin, std::size_t events, Receipt receipt);

  const Settings settings_;
  const Clock& clock_;
  Intake* intake_ = nullptr;

  std::mutex pour_mutex_;  // Held while pouring, so that no part outlives its partition's seating.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, Seat> seats_;  // Guarded by mutex_, as is the rest up to the blank line.
  std::uint64_t seatings_ = 0;
  std::size_t in_flight_ = 0;
  bool is_pushed_back_ = false;
  bool is_stopping_ = false;
  SourceReport report_;

  std::optional<LineReader> reader_;  // On the source's thread.
  std::thread thread_;
};

void FileSource::seated(std::uint32_t partition, const Offsets& positions) {
  const std::lock_guard pouring(pour_mutex_);
  const std::lock_guard lock(mutex_);
  Seat seat{++seatings_, positions, 0, 0};
  const auto known = positions.find(report_.details["log"]);
  if (known != positions.end()) seat.next = seat.sent = known->second;
  seats_[partition] = std::move(seat);
  changed_.notify_all();
}

void FileSource::unseated(std::uint32_t partition) {
  const std::lock_guard pouring(pour_mutex_);
  const std::lock_guard lock(mutex_);
  seats_.erase(partition);
}

SourceReport FileSource::report() const {
  const std::lock_guard lock(mutex_);
  SourceReport report = report_;
  report.in_flight = in_flight_;
  report.details["path"] = settings_.path;
  return report;
}

void FileSource::end() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FileSource::run() {
  while (true) {
    const bool goes_on = step();
    Lock lock(mutex_);
    if (is_stopping_) return;
    if (goes_on && !is_pushed_back_) continue;
    const Duration pause = is_pushed_back_ ? settings_.again_after : settings_.look_every;
    is_pushed_back_ = false;
    changed_.wait_for(lock, pause);
  }
}

void FileSource::note_failure(const Error& error) {
  const std::lock_guard lock(mutex_);
  const bool is_waiting = error.code == ErrorCode::not_found;
  report_.state = is_waiting ? "waiting" : "failing";
  report_.last_error = error.message;
  report_.lag.reset();
}

bool FileSource::open_file() {
  Result<LineReader> opened = LineReader::open(settings_.path, settings_.line_bytes_max);
  if (!opened) {
    note_failure(opened.error());
    return false;
  }
  reader_.emplace(std::move(*opened));
  const std::lock_guard lock(mutex_);
  report_.details["log"] = reader_->name();
  for (auto& [partition, seat] : seats_) {
    const auto known = seat.known.find(reader_->name());
    seat.next = seat.sent = known == seat.known.end() ? 0 : known->second;
  }
  return true;
}

/// Where the partition that is farthest behind goes on.
std::optional<FileSource::Cursor> FileSource::cursor() const {
  const std::lock_guard lock(mutex_);
  if (seats_.empty() || in_flight_ >= settings_.in_flight_max) return std::nullopt;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t farthest = 0;
  for (const auto& [partition, seat] : seats_) {
    first = std::min(first, seat.next);
    farthest = std::max(farthest, seat.next);
  }
  return Cursor{first, settings_.in_flight_max - in_flight_, farthest};
}

bool FileSource::step() {
  if (!reader_ && !open_file()) return false;
  const std::optional<Cursor> at = cursor();
  if (!at) return false;
  const Result<Chunk> chunk =
      reader_->read(at->from, settings_.chunk_bytes, at->room, at->farthest);
  const bool is_at_end = !chunk || chunk->lines.empty();
  if (is_at_end && reader_->is_replaced(settings_.path)) {
    reader_.reset();  // All of it has been read.
    return true;
  }
  if (!chunk) {
    note_failure(chunk.error());
    return false;
  }
  std::vector<Poison> poison;
  const std::lock_guard pouring(pour_mutex_);
  std::vector<Pour> pours = share_out(*chunk, at->from, poison);
  for (Poison& one : poison) intake_->bury(std::move(one));
  for (Pour& pour : pours) {
    const std::int64_t begin = pour.part.begin();
    const std::size_t events = pour.part.entries.size();
    const Pour outline{
        pour.partition, pour.seating, {pour.part.log, {}, pour.part.next, {}, begin}};
    intake_->pour(pour.partition, std::move(pour.part),
                  [weak = weak_from_this(), outline, begin, events](Receipt receipt) {
                    if (const auto self = weak.lock()) self->take(outline, begin, events, receipt);
                  });
  }
  return !is_at_end;
}

// What is no event belongs to the partition of the empty name, so that one of all buries it.
std::vector<Pour> FileSource::share_out(const Chunk& chunk, std::int64_t from,
                                        std::vector<Poison>& poison) {
  std::map<std::uint32_t, std::vector<LogPart::Entry>> entries;
  const std::uint32_t gravedigger = partition_of({}, settings_.partitions);
  const Time now = clock_.now();
  const std::lock_guard lock(mutex_);
  for (const Line& line : chunk.lines) {
    if (line.text.find_first_not_of(" \t\r") == std::string::npos) continue;
    Result<Signal> signal = line.is_whole ? parse_event(line.text, now)
                                          : Error{ErrorCode::invalid, "the line is too long"};
    const std::uint32_t partition =
        signal ? partition_of(signal->group.value, settings_.partitions) : gravedigger;
    const auto seat = seats_.find(partition);
    if (seat == seats_.end() || seat->second.next < from) continue;  // It is not so far yet.
    if (line.offset < seat->second.next) continue;
    if (!signal) {
      poison.push_back({fmt::format("{}@{}", settings_.path, line.offset), signal.error().message,
                        line.text.substr(0, kept_text_max)});
      entries[partition];
      continue;
    }
    report_.last_event = std::max(report_.last_event.value_or(Time{}), signal->stamp.at);
    entries[partition].push_back({line.offset, std::move(*signal)});
  }
  std::vector<Pour> pours;
  for (auto& [partition, seat] : seats_) {
    if (seat.next < from || seat.next >= chunk.next) continue;
    const auto own = entries.find(partition);
    const bool is_idle = own == entries.end();
    if (!is_idle || chunk.next - seat.sent > settings_.idle_bytes_max) {
      LogPart part{reader_->name(), {}, chunk.next, {}, seat.next};
      if (!is_idle) part.entries = std::move(own->second);
      in_flight_ += part.entries.size();
      seat.sent = chunk.next;
      pours.push_back({partition, seat.seating, std::move(part)});
    }
    seat.next = chunk.next;
  }
  report_.last_error.clear();
  report_.state = chunk.next == chunk.size ? "idle" : "reading";
  report_.lag = chunk.next == chunk.size ? std::optional<std::int64_t>(0) : std::nullopt;
  report_.details["bytes_behind"] = std::to_string(chunk.size - chunk.next);
  return pours;
}

void FileSource::take(const Pour& pour, std::int64_t begin, std::size_t events, Receipt receipt) {
  {
    const std::lock_guard lock(mutex_);
    in_flight_ -= events;
    const auto found = seats_.find(pour.partition);
    const bool is_current = found != seats_.end() && found->second.seating == pour.seating &&
                            report_.details["log"] == pour.part.log;
    if (is_current) {
      Seat& seat = found->second;
      if (receipt == Receipt::held) seat.known[pour.part.log] = pour.part.next;
      if (receipt == Receipt::full) {
        seat.next = std::min(seat.next, begin);
        seat.sent = std::min(seat.sent, begin);
        is_pushed_back_ = true;
      }
    }
  }
  changed_.notify_all();
}

/// The shared state behind the unique one: an answer may come when the source is gone.
class Handle final : public Source {
 public:
  explicit Handle(std::shared_ptr<FileSource> source) : source_(std::move(source)) {}
  ~Handle() override { source_->end(); }
  void begin(Intake& intake) override { source_->begin(intake); }
  void seated(std::uint32_t partition, const Offsets& positions) override {
    source_->seated(partition, positions);
  }
  void unseated(std::uint32_t partition) override { source_->unseated(partition); }
  [[nodiscard]] SourceReport report() const override { return source_->report(); }
  void end() override { source_->end(); }

 private:
  const std::shared_ptr<FileSource> source_;
};

}  // namespace

std::unique_ptr<Source> open_file_source(Settings settings, const Clock& clock) {
  return std::make_unique<Handle>(std::make_shared<FileSource>(std::move(settings), clock));
}

}  // namespace settle::file
