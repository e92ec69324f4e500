"use strict";
// The desk: shows what the WebSocket tells, and turns the switches.
const KINDS = {
  siren: "警报 siren", chime: "提示音 chime", speech: "播音 speech", recording: "播音 recording",
};
const villages = [...document.querySelectorAll(".village")].map((root) => new Village(root));

function Village(root) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const panels = [...root.querySelectorAll("canvas")].map((canvas) => new Panel(canvas));
  const screen = part("screen");
  const latest = new Map();
  let powered = true;
  let screenUp = false;
  let skewS = 0;
  let titles = {};
  const titleOf = (name) => titles[name.split(/[@#]/)[0]] || name;

  this.frame = (number, brightness, matrix) => {
    latest.set(number, [matrix, brightness]);
    if (powered && panels[number]) panels[number].show(matrix, brightness);
  };

  function pill(status, alarms) {
    const box = part("pill");
    let word = "正常 on line";
    let kind = "";
    if (!status.powered) [word, kind] = ["停电 no power", "dark"];
    else if (alarms.length) [word, kind] = ["⚠ 紧急 emergency", "alarm"];
    else if (!isOnline(status)) [word, kind] = ["断网 off line，照常工作", "off"];
    else if (skewS) [word, kind] = ["时钟不准 clock wrong", "off"];
    box.className = `pill ${kind}`;
    box.querySelector("b").textContent = word;
  }

  const isOnline = (status) => status.network !== "cut" && status.network !== false;

  function showPower(on) {
    if (on === powered) return;
    powered = on;
    latest.clear();
    if (!on) panels.forEach((panel) => panel.dark());
  }

  function showScreen(up) {
    part("screen-off").hidden = up;
    part("screen-off").querySelector("b").textContent = powered ? "正在启动" : "黑屏";
    part("screen-off").querySelector("small").textContent = powered ? "starting" : "no power";
    if (up && !screenUp) screen.src = `${root.dataset.screen}/`;
    screenUp = up;
  }

  function showClock(status) {
    skewS = Number(status.clock_skew_s || 0);
    const days = Math.round(skewS / 86400);
    part("clock").textContent = days ? `${days > 0 ? "快" : "慢"} ${Math.abs(days)} 天` : "准";
    root.querySelector(".clock").classList.toggle("wrong", skewS !== 0);
    root.querySelectorAll("[data-skew]").forEach((key) =>
      key.setAttribute("aria-pressed", String(Number(key.dataset.skew) === skewS)));
    const time = part("time");
    time.textContent = String(status.time || "").slice(0, 16).replace("T", " ") + (status.clock_trusted ? "" : " 未校准");
    time.classList.toggle("wrong", !status.clock_trusted);
    const [hours, past] = String(status.time || "").slice(11, 16).split(":").map(Number);
    const minutes = (hours || 0) * 60 + (past || 0);
    root.querySelector(".hour").style.transform = `rotate(${minutes / 2}deg)`;
    root.querySelector(".minute").style.transform = `rotate(${minutes * 6}deg)`;
  }

  this.status = (status) => {
    if (status.trouble) {
      part("pill").querySelector("b").textContent = "读不到状态 no status";
      return;
    }
    const alarms = status.alerts || [];
    learnTitles(status.screen);
    showPower(Boolean(status.powered));
    showScreen(Boolean(status.powered && status.screen));
    showClock(status);
    pill(status, alarms);
    const network = root.querySelector('[data-switch="network"]');
    network.setAttribute("aria-pressed", String(isOnline(status)));
    part("network").textContent = isOnline(status) ? "通" : "已断";
    const power = root.querySelector('[data-switch="power"]');
    power.setAttribute("aria-pressed", String(Boolean(status.powered)));
    part("power").textContent = status.powered ? "有电" : "已拔";
    const shown = alarms.length ? "⚠ 有紧急通知" : `轮播 ${(status.on_panel || []).length} 条`;
    if (part("on-panel")) part("on-panel").textContent = status.powered ? shown : "无电";
    part("readable").textContent = `${(status.readable || []).length} 条`;
    part("unsent").textContent = `${Object.values(status.unsent || {}).reduce((a, b) => a + Number(b), 0)} 条`;
  };

  this.sound = (message) => {
    const horn = root.querySelector(`.horn[data-zone="${CSS.escape(message.zone)}"]`);
    if (!horn) return;
    const level = message.playing ? message.level_db : -60;
    const lit = Math.round(((level + 60) / 60) * 30);
    const meter = horn.querySelector(".meter");
    meter.setAttribute("aria-valuenow", String(level));
    [...meter.children].forEach((bar, n) => {
      bar.className = `${n < lit ? "lit" : ""}${n >= 28 ? " peak" : n >= 24 ? " loud" : ""}`;
    });
    const saying = horn.querySelector('[data-part="saying"]');
    const now = message.passages[0];
    saying.textContent = message.playing && now ? `${KINDS[now.kind] || "预热 warm-up"}　${titleOf(now.notice)}` : "安静 silent";
    saying.classList.toggle("siren", Boolean(message.playing && now && now.kind === "siren"));
    list(horn.querySelector('[data-part="heard"]'), message);
  };

  function list(box, message) {
    const key = JSON.stringify(message.passages.map((each) => [each.stream, each.start]));
    const ends = JSON.stringify(message.passages.map((each) => each.end));
    if (box.dataset.key === key + (message.playing ? "" : ends) || message.passages.length === 0) return;
    box.dataset.key = key + (message.playing ? "" : ends);
    box.replaceChildren(...message.passages.slice(0, 4).map((each, n) =>
      entry(message.zone, each, message.playing && n === 0)));
  }

  function entry(zone, each, live) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const words = document.createElement("span");
    const time = document.createElement("time");
    button.textContent = "▶";
    button.setAttribute("aria-label", `听 play ${each.notice} ${each.kind}`);
    button.addEventListener("click", () =>
      hear(button, `/api/villages/${root.dataset.id}/sound/${zone}/${each.stream}/${each.start}-${each.end}.wav`));
    words.dataset.name = each.notice;
    words.dataset.kind = (KINDS[each.kind] || each.kind).split(" ")[0];
    words.textContent = `${words.dataset.kind}　${titleOf(each.notice)}`;
    time.textContent = live ? "正在播 live" : `${each.seconds} 秒`;
    item.append(button, words, time);
    return item;
  }

  function learnTitles(screenNow) {
    if (!screenNow || !screenNow.titles || JSON.stringify(screenNow.titles) === JSON.stringify(titles)) return;
    titles = screenNow.titles;
    root.querySelectorAll("[data-name]").forEach((words) => {
      words.textContent = `${words.dataset.kind}　${titleOf(words.dataset.name)}`;
    });
  }

  async function turn(button, name, values = {}) {
    button.disabled = true;
    try {
      const answer = await fetch(`/api/villages/${root.dataset.id}/${name}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Desk": "1" },
        body: JSON.stringify(values),
      });
      if (answer.ok) this.status({ ...(await answer.json()), screen: screenUp });
    } finally {
      button.disabled = false;
    }
  }

  const turnSwitch = turn.bind(this);
  root.querySelectorAll("[data-switch]").forEach((button) => {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      const name = button.dataset.switch;
      turnSwitch(button, name === "heal" ? "heal" : `${on ? "cut" : "restore"}_${name}`);
    });
  });
  root.querySelectorAll("[data-skew]").forEach((button) => {
    button.addEventListener("click", () => turnSwitch(button, "set_clock", { skew_s: Number(button.dataset.skew) }));
  });
}

function hear(button, address) {
  const player = document.getElementById("player");
  const same = button.getAttribute("aria-pressed") === "true";
  document.querySelectorAll('.heard [aria-pressed="true"]').forEach((each) => {
    each.setAttribute("aria-pressed", "false");
    each.textContent = "▶";
  });
  player.pause();
  if (same) return;
  button.setAttribute("aria-pressed", "true");
  button.textContent = "■";
  player.src = address;
  player.onended = () => {
    button.setAttribute("aria-pressed", "false");
    button.textContent = "▶";
  };
  player.play().catch(player.onended);
}

function connect() {
  const socket = new WebSocket(`ws://${location.host}/live`);
  const lost = document.getElementById("lost");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { lost.hidden = true; };
  socket.onmessage = (event) => {
    if (typeof event.data !== "string") {
      const bytes = new Uint8Array(event.data);
      villages[bytes[0]]?.frame(bytes[1], bytes[2], bytes.subarray(3));
      return;
    }
    const message = JSON.parse(event.data);
    if (message.type === "status") villages[message.village]?.status(message);
    else if (message.type === "sound") villages[message.village]?.sound(message);
  };
  socket.onclose = () => {
    lost.hidden = false;
    setTimeout(connect, 1000);
  };
}
connect();
