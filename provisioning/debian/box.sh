#!/bin/sh
# Makes a Debian machine ready to be a village's box: packages, browser policy, units, voice. Run as
# root. With DESTDIR set it only writes files below that folder, as packaging does.
# VILLAGE_VOICE_FOLDER: where "make voice" put the Mandarin voice and the stock phrases.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$(dirname "$here")")
root=${DESTDIR:-}
made=${VILLAGE_VOICE_FOLDER:-$HOME/.cache/village-notice/voice}
voice=$root/var/lib/village-agent/voice
python=${VILLAGE_PYTHON:-/opt/village-agent/bin/python}

[ -n "$root" ] || sh "$here/install.sh" box

install -D -m 644 "$project/edge_agent/kiosk/chromium-policy.json" \
    "$root/etc/chromium/policies/managed/village.json"
install -D -m 644 "$project/systemd/sysusers.conf" "$root/usr/lib/sysusers.d/village.conf"
for unit in village.target media-village-stick.mount village-link.service village-led.service \
    village-audio.service village-kiosk.service village-browser.service village-stick.service; do
    install -D -m 644 "$project/systemd/$unit" "$root/etc/systemd/system/$unit"
done
echo "浏览器策略和服务单元已装好 browser policy and units are in place"

# The neural voice if it is here, and the emergency phrases that are the last resort of a box whose
# voices fail: spoken beforehand by the workshop, else now by the best voice this machine has.
for file in model.onnx vocab.json voices/zm_yunjian.bin voices/zf_xiaoyi.bin stock/flood.opus \
    stock/fire.opus stock/earthquake.opus stock/landslide.opus stock/move.opus stock/exercise.opus; do
    [ ! -f "$made/$file" ] || install -D -m 644 "$made/$file" "$voice/$file"
done
if [ -x "$python" ] && "$python" -m edge_agent.audio.voices.stock --into "$voice/stock" --model "$voice"; then
    echo "备用应急短语已装好 the stock emergency phrases are in place"
elif [ ! -f "$voice/stock/exercise.opus" ]; then
    echo "没有备用应急短语：先在工作台运行 make voice，再装一次
no stock emergency phrases: run \"make voice\" on the bench, then this again" >&2
fi
[ -z "$root" ] || exit 0

systemd-sysusers
chown -R village-agent:village-agent /var/lib/village-agent
systemctl daemon-reload
echo "接下来 next: village-provision enrol /boot/firmware/village.ticket"
