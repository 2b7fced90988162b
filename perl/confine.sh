# shellcheck shell=sh
# In namespaces of its own: shows the host read-only to the program that the arguments name, with a new /tmp in memory,
# and neither network, nor devices, nor sockets, nor other processes.
# usage: confine.sh FOLDER ROOT SECONDS COMMAND…   FOLDER holds root/ (empty), db/ and perl/ (a link); ROOT may be empty
set -e
folder=$1 root=$2 seconds=$3
shift 3
new=$folder/root
mount --make-rprivate /
mount --bind / "$new"
mount -o remount,bind,ro,nosuid,nodev "$new"
# what lies on other file systems, but for those of the kernel, of containers and in memory
while read -r _ _ _ _ target _ rest; do
  kind=${rest#*- }
  case ${kind%% *} in
    proc|sysfs|devtmpfs|devpts|tmpfs|ramfs|cgroup*|mqueue|hugetlbfs|debugfs|tracefs|securityfs|pstore|bpf|configfs) continue ;;
    fusectl|binfmt_misc|autofs|nsfs|overlay|rpc_pipefs|efivarfs|selinuxfs) continue ;;
  esac
  target=$(printf '%b' "$target")
  case $target/ in / | //| "$new"/* | /dev/* | /proc/* | /sys/* | /run/* | /tmp/*) continue ;; esac
  [ -e "$new$target" ] || continue
  mount --bind "$target" "$new$target"
  mount -o remount,bind,ro,nosuid,nodev "$new$target"
done < /proc/self/mountinfo
# files of a host that is laid out in a folder are seen in their places
if [ -n "$root" ]; then
  for place in etc home opt srv usr var; do
    [ -d "$root/$place" ] && [ -d "$new/$place" ] || continue
    mount -t overlay -o "ro,nosuid,nodev,lowerdir=$root/$place:$new/$place" docksmith "$new/$place"
  done
fi
# sockets of other programs lead out, read-only or not
while read -r _ _ _ _ _ _ _ socket; do
  case $socket in
    /run/* | /var/run/* | /tmp/*) ;;
    /*) if [ -S "$new$socket" ]; then mount --bind /dev/null "$new$socket"; fi ;;
  esac
done < /proc/net/unix
for place in run tmp dev; do mount -t tmpfs -o nosuid,mode=755 docksmith "$new/$place"; done
[ -L "$new/var/run" ] || [ ! -d "$new/var/run" ] || mount -t tmpfs -o nosuid,nodev docksmith "$new/var/run"
for device in null zero full random urandom; do
  : > "$new/dev/$device"
  mount --bind "/dev/$device" "$new/dev/$device"
done
mount -o remount,ro "$new/dev"
mount -t proc -o ro,nosuid,nodev,noexec docksmith "$new/proc"
mkdir "$new/tmp/docksmith" "$new/tmp/docksmith/db" "$new/tmp/docksmith/perl"
for place in db perl; do
  mount --bind "$folder/$place" "$new/tmp/docksmith/$place"
  mount -o remount,bind,ro,nosuid,nodev "$new/tmp/docksmith/$place"
done
[ ! -d "$new/home/e-smith/db" ] || mount --bind "$folder/db" "$new/home/e-smith/db"
# it may read what root may, and has no other right of root's; the first process ends them all
exec chroot "$new" timeout -s KILL "$seconds" \
  setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+dac_read_search "$@"
