#!/bin/sh
# Makes a Debian machine ready to be a village's box: packages, browser policy, units. Run as root.
# With DESTDIR set it only writes files below that folder, as packaging does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$(dirname "$here")")
root=${DESTDIR:-}

[ -n "$root" ] || sh "$here/install.sh" box

install -D -m 644 "$project/edge_agent/kiosk/chromium-policy.json" \
    "$root/etc/chromium/policies/managed/village.json"
install -D -m 644 "$project/systemd/sysusers.conf" "$root/usr/lib/sysusers.d/village.conf"
for unit in village.target media-village-stick.mount village-link.service village-led.service \
    village-audio.service village-kiosk.service village-browser.service village-stick.service; do
    install -D -m 644 "$project/systemd/$unit" "$root/etc/systemd/system/$unit"
done
echo "浏览器策略和服务单元已装好 browser policy and units are in place"
[ -z "$root" ] || exit 0

systemd-sysusers
systemctl daemon-reload
echo "接下来 next: village-provision enrol /boot/firmware/village.ticket"
