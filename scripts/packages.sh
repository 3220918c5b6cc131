# Installs the Debian packages that Berth needs, where it may. Sourced by ../berth and ../verify.

# Containers and virtual machines on one node.
NODE_PACKAGES="containerd runc containernetworking-plugins iproute2 nftables conntrack qemu-system-x86 qemu-utils
  e2fsprogs busybox-static gcc libc6-dev"
# What only the tests use: real etcd, Docker, Prometheus and foreign clients.
TEST_PACKAGES="etcd-server etcd-client docker.io prometheus victoria-metrics skopeo docker-registry unzip npm sqlite3 curl"
KERNEL_PACKAGE=linux-image-cloud-amd64
BERTH_CACHE=${BERTH_CACHE:-/var/cache/berth}

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# Some are on many machines by other ways than their Debian package: then the command is what counts.
has() {
  case $1 in
    npm) command -v npm >/dev/null ;;
    docker.io) command -v dockerd >/dev/null ;;
    containerd) command -v containerd >/dev/null ;;
    runc) command -v runc >/dev/null ;;
    gcc) command -v gcc >/dev/null ;;
    *) is_installed "$1" ;;
  esac
}

missing_packages() { # of the names given
  local name missing=""
  for name in "$@"; do
    has "$name" || missing="$missing $name"
  done
  echo "$missing"
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# Installs the named packages that are missing and says so first; where it may not, prints the one line to run.
need_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if ! may_install; then
    echo "berth: missing packages. On Debian or Ubuntu run:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    return 1
  fi
  echo "Installing$missing"
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    echo "berth: apt-get could not install$missing: the whole output is in $log" >&2
    return 1
  fi
  rm -f "$log"
}

# The guests' kernel and modules: Debian's, unpacked and not installed.
need_kernel() {
  [ -e "$BERTH_CACHE/kernel/ready" ] && return 0
  if ! may_install; then
    echo "berth: the guests' kernel is missing. As root on Debian or Ubuntu, './berth up' unpacks it by itself;" >&2
    echo "  elsewhere put boot/vmlinuz-* and lib/modules of a kernel with virtio below $BERTH_CACHE/kernel, and an empty" >&2
    echo "  file named ready" >&2
    return 1
  fi
  echo "Unpacking a kernel for virtual machines"
  local work real
  work=$(mktemp -d)
  chmod 755 "$work"
  [ -n "$(apt-cache policy $KERNEL_PACKAGE 2>/dev/null)" ] || apt-get update >/dev/null 2>&1
  real=$(apt-cache depends $KERNEL_PACKAGE | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  if ! { (cd "$work" && apt-get download "$real") >"$work/log" 2>&1 && dpkg-deb -x "$work"/linux-image-*.deb "$work/root"; }; then
    tail -n 3 "$work/log" >&2
    echo "berth: the kernel package could not be fetched" >&2
    rm -rf "$work"
    return 1
  fi
  rm -rf "$BERTH_CACHE/kernel"
  mkdir -p "$BERTH_CACHE"
  mv "$work/root" "$BERTH_CACHE/kernel"
  rm -rf "$work"
  touch "$BERTH_CACHE/kernel/ready"
}
