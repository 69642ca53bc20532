// What it costs to read a page of EC2's, as large as AWS makes it, and to see what each instance
// is.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/fixture.h"
#include "daemon/cloud/ec2/answers.h"
#include "reconcilers/census.h"

namespace settle::bench {
namespace {

std::string tag(const std::string& key, const std::string& value) {
  return fmt::format("<item><key>{}</key><value>{}</value></item>", key, value);
}

/// About 3.5 kB, with the elements of an instance of AWS's that has one volume and one interface.
std::string instance_text(int n) {
  const std::string id = fmt::format("i-0{:016x}", 0x1234'5678'9abc + n);
  std::string text = fmt::format(
      "<item><reservationId>r-0{0:016x}</reservationId><ownerId>123456789012</ownerId><groupSet/>"
      "<instancesSet><item><instanceId>{1}</instanceId><imageId>ami-0{0:016x}</imageId>"
      "<instanceState><code>16</code><name>running</name></instanceState>"
      "<privateDnsName>ip-10-0-{2}-{3}.eu-north-1.compute.internal</privateDnsName><dnsName/>"
      "<reason/><keyName>ops</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>"
      "<instanceType>m5.large</instanceType><launchTime>2026-11-23T09:14:30.000Z</launchTime>"
      "<placement><availabilityZone>eu-north-1b</availabilityZone><groupName/>"
      "<tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring>"
      "<subnetId>subnet-0{0:016x}</subnetId><vpcId>vpc-0{0:016x}</vpcId>"
      "<privateIpAddress>10.0.{2}.{3}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>"
      "<groupSet><item><groupId>sg-0{0:016x}</groupId><groupName>web</groupName></item></groupSet>"
      "<architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType>"
      "<rootDeviceName>/dev/xvda</rootDeviceName>",
      n, id, n / 250, n % 250);
  text += fmt::format(
      "<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>"
      "<volumeId>vol-0{0:016x}</volumeId><status>attached</status>"
      "<attachTime>2026-11-23T09:14:31.000Z</attachTime>"
      "<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>"
      "<virtualizationType>hvm</virtualizationType><clientToken>token-{0}</clientToken><tagSet>",
      n);
  text += tag("settle:cluster", "c1") + tag("settle:group", fmt::format("group-{}", n / 10)) +
          tag("settle:token", fmt::format("token-{}", n)) +
          tag("settle:launch", "0123456789abcdef") + tag("team", "edge");
  text += fmt::format(
      "</tagSet><hypervisor>xen</hypervisor><networkInterfaceSet><item>"
      "<networkInterfaceId>eni-0{0:016x}</networkInterfaceId><subnetId>subnet-0{0:016x}</subnetId>"
      "<vpcId>vpc-0{0:016x}</vpcId><description/><ownerId>123456789012</ownerId>"
      "<status>in-use</status><macAddress>06:7e:12:34:56:78</macAddress>"
      "<privateIpAddress>10.0.{1}.{2}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>"
      "<groupSet><item><groupId>sg-0{0:016x}</groupId><groupName>web</groupName></item></groupSet>"
      "<attachment><attachmentId>eni-attach-0{0:016x}</attachmentId><deviceIndex>0</deviceIndex>"
      "<status>attached</status><attachTime>2026-11-23T09:14:30.000Z</attachTime>"
      "<deleteOnTermination>true</deleteOnTermination></attachment></item></networkInterfaceSet>"
      "<ebsOptimized>true</ebsOptimized><metadataOptions><state>applied</state>"
      "<httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit>"
      "<httpEndpoint>enabled</httpEndpoint></metadataOptions></item></instancesSet></item>",
      n, n / 250, n % 250);
  return text;
}

std::string page_of(int instances) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeInstancesResponse "
      "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><reservationSet>";
  for (int n = 0; n < instances; ++n) text += instance_text(n);
  return text + "</reservationSet></DescribeInstancesResponse>";
}

void read_ec2_page(benchmark::State& state) {
  const std::string text = page_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const Result<ec2::Page> page = ec2::read_instances(text);
    int serving = 0;
    for (const ec2::Marked& marked : page->instances) {
      serving += fate(marked.instance.state) == Fate::keep ? 1 : 0;
    }
    benchmark::DoNotOptimize(serving);
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(read_ec2_page)->Arg(500)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace settle::bench
