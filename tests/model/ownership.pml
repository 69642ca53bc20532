/* Who owns a partition and who may act for it, small enough to be exhausted: two daemons, one
 * partition, time in ticks. README.md maps each part to the code and says why what is left out
 * may be.
 *
 * What may go wrong, at any moment: requests are applied late, out of order or never, and answers
 * are lost; heartbeats and their answers are late or lost; daemons stand still between any two
 * steps, lose their session without being told, are killed with calls under way and start again
 * as another incarnation; the assignment moves.
 *
 * What is assumed: durations are measured to within the slack that LEASE leaves to SESSION and
 * QUARANTINE to CALL (here both are used up: each pair is equal); a session never ends early;
 * nobody stands still between asking the gate and sending.
 */
#define SESSION 2 /* Ticks from a heartbeat's arrival until the ensemble may end the session. */
#define LEASE SESSION /* Ticks from its departure for which a daemon trusts its session. */
#define CALL 1        /* Ticks that a call takes at most, once it was sent. */
#ifdef NO_QUARANTINE
#define QUARANTINE 0
#else
#define QUARANTINE CALL
#endif

/* Where the state space ends. */
#ifndef EPOCHS
#define EPOCHS 3
#endif
#ifndef RENEWALS
#define RENEWALS 1 /* Sessions of both together, beyond the first of each incarnation. */
#endif
#ifndef RESTARTS
#define RESTARTS 1 /* Of both daemons together. */
#endif
#ifndef MOVES
#define MOVES 1 /* Of the assignment. */
#endif

mtype = { claim, refresh, release }
#define none 0 /* What no request is. */

/* ---- The ensemble: one order of writes. ---- */

typedef Record {
  unsigned version : 4;
  unsigned epoch : 2;
  unsigned owner : 1;
  unsigned life : 2;     /* Its incarnation. */
  unsigned standing : 2; /* Which of its member nodes it was written under. */
  bit released;
  bit quiet /* Released, and no call can be under way. */
}
Record own;

unsigned assigned : 1;   /* To whom. */
unsigned assignment : 2; /* The version of that. */

typedef Member {
  bit up;    /* Its ephemeral node is there. */
  unsigned life : 2; /* Whose it is. */
  unsigned left : 2  /* Ticks until its session may end. */
}
Member member[2];

typedef Request {
  mtype kind;
  unsigned version : 4; /* Of the record that it was made from. */
  unsigned epoch : 2;
  unsigned assignment : 2;
  unsigned life : 2;
  unsigned standing : 2;
  bit quiet; /* A claim: needs no quarantine. A release: hands none on. */
  unsigned from : 1
}
Request sent[3]; /* One that each daemon waits for, and one that somebody gave up. */
#define STRAY 2

/* ---- A daemon, as it sees itself. ---- */

typedef Daemon {
  unsigned life : 2;
  unsigned standing : 2; /* Counts its member nodes. */
  bit stands;
  unsigned lease : 2;    /* Ticks left. */
  bit beat;      /* A heartbeat has arrived, and its answer is under way. */
  unsigned beat_age : 2; /* Ticks since it left. */
  bit owns;
  bit confirmed;
  bit ending;    /* Its release is due: it acts no more. */
  unsigned epoch : 2;
  unsigned wait : 1      /* Ticks of quarantine left. */
}
Daemon daemon[2];

/* ---- The world: who acted last, and for how long that call may be under way. ---- */

unsigned acted_epoch : 2;
unsigned acted_by : 4;
unsigned under_way : 1;

unsigned moves : 2;
unsigned restarts : 2;
unsigned renewals : 2;

#define ME daemon[d]
#define NAME (d * 4 + ME.life)

/* The property: nobody acts after a successor did, nor while a call of a predecessor may be under
 * way, nor two under one epoch. */
inline act(d) {
  /* That the model gets anywhere: each of these must be violated. */
#ifdef REACHES_A_TAKEOVER
  assert(acted_epoch == 0 || acted_by / 4 == d || member[1 - d].up);
#endif
#ifdef REACHES_A_HANDOVER
  assert(acted_epoch == 0 || acted_by / 4 == d || !member[1 - d].up || daemon[1 - d].lease == 0);
#endif
#ifdef REACHES_THE_LAST_EPOCH
  assert(ME.epoch < EPOCHS || acted_epoch < EPOCHS - 1);
#endif
#ifdef REACHES_A_SECOND_SESSION
  assert(ME.standing < 2 || acted_by != NAME || acted_epoch != ME.epoch);
#endif
  assert(ME.epoch >= acted_epoch);
  assert(ME.epoch == acted_epoch || under_way == 0);
  assert(ME.epoch != acted_epoch || acted_by == NAME);
  acted_epoch = ME.epoch;
  acted_by = NAME;
  under_way = CALL
}

/* ---- What a mutation may break. ---- */

#ifdef NO_VERSION
#define is_as_it_was true
#else
#define is_as_it_was (own.version == sent[at].version)
#endif
#ifdef NO_LEASE
#define has_lease true
#else
#define has_lease (ME.lease >= CALL)
#endif
#ifdef LEASE_FROM_THE_ANSWER
#define lease_gained LEASE
#else
#define lease_gained (LEASE - ME.beat_age)
#endif
#ifdef CLAIMS_FROM_THE_LIVING
#define is_gone(o) true
#else
#define is_gone(o) (!member[o].up || member[o].life != own.life)
#endif
#ifdef NO_CONFIRMATION
#define is_of_this_session true
#else
#define is_of_this_session (own.standing == ME.standing)
#endif
#ifdef RELEASES_WHILE_CALLING
#define calls_ended true
#else
#define calls_ended (under_way == 0 || acted_by != NAME)
#endif
#ifdef HANDS_NO_QUARANTINE_ON
#define is_quiet true
#else
#define is_quiet (ME.wait == 0)
#endif

/* ---- The daemons. ---- */

#define is_ours (own.owner == d && own.life == ME.life && !own.released)
#define is_mine (is_ours && own.epoch == ME.epoch)
#define may_look (ME.stands && sent[d].kind == none)
#define is_wanted (assigned == d)
#define is_open (ME.owns && ME.confirmed && !ME.ending && ME.wait == 0 && has_lease)

inline send(d, what, of_epoch, without_quarantine) {
  sent[d].kind = what;
  sent[d].version = own.version;
  sent[d].epoch = of_epoch;
  sent[d].assignment = (what == claim -> assignment : 0);
  sent[d].life = ME.life;
  sent[d].standing = ME.standing;
  sent[d].quiet = without_quarantine;
  sent[d].from = d
}

inline clear(at) {
  sent[at].kind = none;
  sent[at].version = 0;
  sent[at].epoch = 0;
  sent[at].assignment = 0;
  sent[at].life = 0;
  sent[at].standing = 0;
  sent[at].quiet = 0;
  sent[at].from = 0
}

/* It is under way still, unless another is that somebody gave up. */
inline give_up(d) {
  if
  :: sent[STRAY].kind == none ->
    sent[STRAY].kind = sent[d].kind;
    sent[STRAY].version = sent[d].version;
    sent[STRAY].epoch = sent[d].epoch;
    sent[STRAY].assignment = sent[d].assignment;
    sent[STRAY].life = sent[d].life;
    sent[STRAY].standing = sent[d].standing;
    sent[STRAY].quiet = sent[d].quiet;
    sent[STRAY].from = sent[d].from
  :: else
  fi;
  clear(d)
}

inline take(d, of_epoch, is_confirmed, ticks) {
  ME.owns = 1;
  ME.epoch = of_epoch;
  ME.confirmed = is_confirmed;
  ME.ending = 0;
  ME.wait = ticks
}

inline lose(d) {
  ME.owns = 0;
  ME.confirmed = 0;
  ME.ending = 0;
  ME.epoch = 0;
  ME.wait = 0
}

inline fall(d) {
  give_up(d);
  ME.stands = 0;
  ME.confirmed = 0;
  ME.lease = 0;
  ME.beat = 0;
  ME.beat_age = 0
}

proctype Settled(byte d) {
end:
  do
  /* A session, and a member node under it; a ghost of its own is replaced. */
  :: d_step { !ME.stands && (ME.standing == 0 || renewals < RENEWALS) ->
      renewals = (ME.standing == 0 -> renewals : renewals + 1);
      ME.standing++;
      ME.stands = 1;
      member[d].up = 1;
      member[d].life = ME.life;
      member[d].left = SESSION;
#ifdef NO_CONFIRMATION
      ME.confirmed = ME.owns
#endif
    }
  :: d_step { ME.stands && ME.lease == 0 -> fall(d) }
  :: d_step { restarts < RESTARTS && ME.standing > 0 ->
      restarts++;
      fall(d);
      lose(d);
      ME.standing = 0;
      ME.life++
    }

  :: d_step { ME.stands && !ME.beat && member[d].up && member[d].life == ME.life ->
      ME.beat = 1;
      member[d].left = SESSION
    }
  :: d_step { ME.beat ->
      ME.lease = (lease_gained > ME.lease -> lease_gained : ME.lease);
      ME.beat = 0;
      ME.beat_age = 0
    }
  :: d_step { sent[d].kind != none -> give_up(d) }

  /* Looks at the record, and does what follows from it. */
  :: d_step { may_look && ME.owns && !is_mine -> lose(d) }
  :: d_step { may_look && ME.owns && is_mine && !is_of_this_session ->
      send(d, refresh, ME.epoch, 0)
    }
  :: d_step { may_look && ME.owns && is_mine && is_of_this_session && !ME.confirmed ->
      ME.confirmed = 1
    }
  :: d_step { may_look && ME.owns && is_mine && is_of_this_session && !is_wanted && !ME.ending ->
      ME.ending = 1
    }
  :: d_step { may_look && ME.owns && is_mine && is_of_this_session && ME.ending && calls_ended ->
      send(d, release, ME.epoch, is_quiet)
    }
  :: d_step { may_look && !ME.owns && is_ours ->
      take(d, own.epoch, is_of_this_session, QUARANTINE)
    }
  :: d_step { may_look && !ME.owns && !is_ours && is_wanted && own.epoch < EPOCHS &&
              (own.released || own.owner == d || is_gone(own.owner)) ->
      send(d, claim, own.epoch + 1, (own.released && own.quiet))
    }

  :: d_step { is_open -> act(d) }
  od
}

/* ---- The ensemble. ---- */

inline apply(at, d) {
  if
  :: is_as_it_was && (sent[at].kind == release || member[d].up) &&
     (sent[at].kind != claim || sent[at].assignment == assignment) ->
    own.version++;
    own.epoch = sent[at].epoch;
    own.released = (sent[at].kind == release);
    own.quiet = own.released && sent[at].quiet;
    own.owner = (own.released -> 0 : d);
    own.life = (own.released -> 0 : sent[at].life);
    own.standing = (own.released -> 0 : sent[at].standing);
    if
    :: at != STRAY && sent[at].kind == claim ->
      take(d, own.epoch, is_of_this_session, (sent[at].quiet -> 0 : QUARANTINE))
    :: at != STRAY && sent[at].kind == release -> lose(d)
    :: else
    fi
  :: else
  fi;
  clear(at)
}

proctype Zookeeper() {
end:
  do
  :: d_step { sent[0].kind != none -> apply(0, 0) }
  :: d_step { sent[1].kind != none -> apply(1, 1) }
  :: d_step { sent[STRAY].kind != none && sent[STRAY].from == 0 -> apply(STRAY, 0) }
  :: d_step { sent[STRAY].kind != none && sent[STRAY].from == 1 -> apply(STRAY, 1) }
  :: d_step { sent[STRAY].kind != none -> clear(STRAY) }
  :: d_step { member[0].up && member[0].left == 0 -> member[0].up = 0; member[0].life = 0 }
  :: d_step { member[1].up && member[1].left == 0 -> member[1].up = 0; member[1].life = 0 }
  od
}

proctype Controller() {
end:
  do
  :: d_step { moves < MOVES -> moves++; assignment++; assigned = 1 - assigned }
  od
}

/* ---- Time. ---- */

#define one_less(ticks) (ticks > 0 -> ticks - 1 : 0)

inline pass(d) {
  ME.lease = one_less(ME.lease);
  ME.wait = one_less(ME.wait);
  ME.beat_age = (ME.beat && ME.beat_age < LEASE -> ME.beat_age + 1 : ME.beat_age);
  member[d].left = one_less(member[d].left)
}

proctype Clock() {
end:
  do
  :: d_step { true -> pass(0); pass(1); under_way = one_less(under_way) }
  od
}

init {
  own.released = 1;
  own.quiet = 1;
  atomic {
    run Settled(0);
    run Settled(1);
    run Zookeeper();
    run Controller();
    run Clock()
  }
}
