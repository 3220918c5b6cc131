/* The machine's name, address and resolver, as the agent gives them. */
#include "guest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_address(struct sockaddr *where, uint32_t network_order) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = network_order};
  memcpy(where, &in, sizeof in);
}

static int bring_up(int s, const char *name) {
  struct ifreq r = {0};
  snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
  if (ioctl(s, SIOCGIFFLAGS, &r) < 0) return -1;
  r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
  return ioctl(s, SIOCSIFFLAGS, &r);
}

static int assign(int s, const char *name, uint32_t address, unsigned prefix, int mtu) {
  struct ifreq r = {0};
  snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
  set_address(&r.ifr_addr, address);
  if (ioctl(s, SIOCSIFADDR, &r) < 0) return -1;
  set_address(&r.ifr_netmask, prefix == 0 ? 0 : htonl(~0u << (32 - prefix)));
  if (ioctl(s, SIOCSIFNETMASK, &r) < 0) return -1;
  r.ifr_mtu = mtu;
  return mtu > 0 ? ioctl(s, SIOCSIFMTU, &r) : 0;
}

static int default_route(int s, const char *name, uint32_t gateway) {
  char device[IFNAMSIZ];
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = device};
  snprintf(device, sizeof device, "%s", name);
  set_address(&route.rt_dst, 0);
  set_address(&route.rt_genmask, 0);
  set_address(&route.rt_gateway, gateway);
  return ioctl(s, SIOCADDRT, &route) < 0 && errno != EEXIST ? -1 : 0;
}

/* The card's module may still be looking at it when the agent calls. */
static int find_card(char *name, size_t size) {
  for (int i = 0; i < 300; i++) {
    DIR *dir = opendir("/sys/class/net");
    struct dirent *entry;
    bool found = false;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
      if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lo") == 0) continue;
      snprintf(name, size, "%s", entry->d_name);
      found = true;
    }
    if (dir != NULL) closedir(dir);
    if (found) return 0;
    usleep(10000);
  }
  errno = ENODEV;
  return -1;
}

static int connect_card(const char *address, unsigned prefix, const char *gateway, int mtu) {
  char name[IFNAMSIZ];
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int r = s < 0 ? -1 : 0;
  if (r == 0) r = find_card(name, sizeof name);
  if (r == 0) r = assign(s, name, inet_addr(address), prefix, mtu);
  if (r == 0) r = bring_up(s, name);
  if (r == 0 && gateway[0] != 0) r = default_route(s, name, inet_addr(gateway));
  int error = errno;
  if (s >= 0) close(s);
  errno = error;
  return r;
}

static void bring_up_loopback(void) {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0 || bring_up(s, "lo") < 0) say("loopback: %s", strerror(errno));
  if (s >= 0) close(s);
}

/* As container runtimes set them: anyone may ping, and listen on low ports. */
static void relax_for_containers(void) {
  write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
  write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

/* Each "path=value", the path below /proc/sys. */
static int set_parameters(char **parameters) {
  for (char **p = parameters; *p != NULL; p++) {
    char path[300], *value = strchr(*p, '=');
    if (value == NULL || strstr(*p, "..") != NULL) {
      errno = EINVAL;
      return -1;
    }
    snprintf(path, sizeof path, "/proc/sys/%.*s", (int)(value - *p), *p);
    if (write_file(path, value + 1) < 0) return -1;
  }
  return 0;
}

void handle_setup(struct cursor *c) {
  uint32_t request = get_u32(c);
  char *hostname = get_str(c), *address = get_str(c);
  uint32_t prefix = get_u32(c);
  char *gateway = get_str(c);
  uint32_t mtu = get_u32(c);
  char *resolv = get_str(c), *hosts = get_str(c);
  char **sysctls = c->left > 0 ? get_strs(c) : NULL;
  int r = 0;
  if (c->bad || prefix > 32) {
    errno = EINVAL;
    r = -1;
  }
  if (r == 0) r = sethostname(hostname, strlen(hostname));
  bring_up_loopback();
  relax_for_containers();
  if (r == 0 && sysctls != NULL) r = set_parameters(sysctls);
  if (r == 0 && address[0] != 0) r = connect_card(address, prefix, gateway, (int)mtu);
  if (r == 0) r = write_file("/run/hostname", hostname);
  if (r == 0) r = write_file("/run/resolv.conf", resolv);
  if (r == 0) r = write_file("/run/hosts", hosts);
  if (r < 0) {
    reply(request, errno, "network of the machine: %s", strerror(errno));
  } else {
    say("%s has address %s", hostname, address[0] ? address : "none");
    reply(request, 0, "%s", "");
  }
  free(hostname), free(address), free(gateway), free(resolv), free(hosts);
  if (sysctls != NULL) free_strs(sysctls);
}
