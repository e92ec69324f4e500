// Push to talk: while the button is held, the microphone goes to the hub, in order and once.
"use strict";
(() => {
  const form = document.getElementById("live");
  if (!form) return;
  const words = form.dataset;
  const button = document.getElementById("talk");
  const hangUp = document.getElementById("hang-up");
  const level = document.getElementById("level");
  const state = document.getElementById("live-state");
  const heard = document.getElementById("heard");
  const token = form.elements.csrfmiddlewaretoken.value;
  const GIVE_UP_MS = 3000; // as long as hub and boxes wait for a sign of life
  const CHIME_MS = 4200; // amplifiers warm up and the chime sounds; speech would lie behind it
  let microphone = null;
  let talk = null; // { id, have, sounds: [Uint8Array], reachedAt, speakAt }
  let heardMore = () => {}; // wakes `feed`
  let opening = false;
  let held = false;

  const say = (text) => { if (state.textContent !== text) state.textContent = text; };

  async function post(address, body) {
    const answer = await fetch(address, {
      method: "POST", body, headers: { "X-CSRFToken": token }, credentials: "same-origin",
    });
    return { status: answer.status, data: await answer.json() };
  }

  async function listen() {
    if (microphone) return microphone.resume();
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    microphone = new AudioContext({ sampleRate: 16000 });
    await microphone.audioWorklet.addModule(words.worklet);
    const node = new AudioWorkletNode(microphone, "speech", { numberOfOutputs: 0 });
    microphone.createMediaStreamSource(stream).connect(node);
    node.port.onmessage = ({ data }) => {
      show(data.peak);
      if (held && talk && Date.now() >= talk.speakAt) { talk.sounds.push(data.packet); heardMore(); }
    };
  }

  function show(peak) {
    const percent = Math.round(Math.min(1, peak) * 100);
    level.firstElementChild.style.width = `${percent}%`;
    level.setAttribute("aria-valuenow", percent);
    level.classList.toggle("soft", held && peak < 0.05);
    level.classList.toggle("loud", peak > 0.98);
  }

  async function press() {
    if (held || opening) return;
    held = true;
    button.setAttribute("aria-pressed", "true");
    if (talk) return say(now());
    const chosen = new FormData(form);
    if (!chosen.getAll("areas").length) { release(); return say(words.none); }
    opening = true;
    say(words.opening);
    try { await listen(); } catch { opening = false; release(); return say(words.nomic); }
    try {
      const { status, data } = await post(words.begin, chosen);
      if (status !== 200) throw new Error(data.error);
      talk = { id: data.id, have: 0, sounds: [], reachedAt: Date.now(), speakAt: Date.now() + CHIME_MS };
      hangUp.hidden = false;
      feed();
      countDown();
    } catch (error) { release(); say(error.message || words.nohub); } finally { opening = false; }
  }

  function release() {
    held = false;
    button.setAttribute("aria-pressed", "false");
    if (talk) say(now());
  }

  function now() {
    const wait = Math.ceil((talk.speakAt - Date.now()) / 1000);
    if (wait > 0) return `${words.chime} ${wait}`;
    return held ? words.speaking : words.open;
  }

  async function countDown() {
    for (const mine = talk; talk === mine && Date.now() < mine.speakAt + 200; await rest(200)) say(now());
  }

  async function feed() {
    for (const mine = talk; talk === mine;) {
      const body = new Blob(mine.sounds.slice(0, 40));
      try {
        const { status, data } = await post(`${mine.id}/sound/?at=${mine.have}`, body);
        if (status === 409 || data.over) return over(data.reason);
        if (status !== 200) throw new Error(String(status));
        mine.reachedAt = Date.now();
        let taken = data.have - mine.have;
        while (taken > 0 && mine.sounds.length) taken -= mine.sounds.shift().length;
        mine.have = data.have;
        tell(data);
        if (!mine.sounds.length) await Promise.race([new Promise((done) => { heardMore = done; }), rest(1000)]);
      } catch {
        if (Date.now() - mine.reachedAt > GIVE_UP_MS) { over(""); return say(words.nohub); }
        await rest(200);
      }
    }
  }

  const rest = (ms) => new Promise((done) => { setTimeout(done, ms); });

  function tell(data) {
    heard.hidden = !data.heard.length;
    while (heard.rows.length > 1) heard.deleteRow(1);
    for (const each of data.heard) {
      const row = heard.insertRow();
      row.insertCell().textContent = each.village;
      const badge = document.createElement("span");
      badge.className = `badge ${each.tone}`;
      badge.textContent = `${each.words} ${each.seconds.toFixed(0)} s`;
      row.insertCell().append(badge);
    }
    const rest = `${words.left} ${Math.floor(data.left_s / 60)}:${String(data.left_s % 60).padStart(2, "0")}`;
    const hint = level.classList.contains("soft") ? words.soft : level.classList.contains("loud") ? words.loud : "";
    if (!data.is_carried) return say(words.uncarried);
    say([now(), hint, data.left_s < 120 ? rest : ""].filter(Boolean).join(" · "));
  }

  function over(reason) {
    talk = null;
    release();
    hangUp.hidden = true;
    if (microphone) microphone.suspend();
    show(0);
    say(reason ? `${words.over}：${reason}` : words.over);
  }

  async function end() {
    const mine = talk;
    if (!mine) return;
    while (mine.sounds.length && talk === mine && Date.now() - mine.reachedAt < GIVE_UP_MS) await rest(50);
    if (talk !== mine) return;
    over("");
    try { await post(`${mine.id}/end/`, new FormData()); } catch { say(words.nohub); }
  }

  button.addEventListener("pointerdown", (event) => { button.setPointerCapture(event.pointerId); press(); });
  for (const kind of ["pointerup", "pointercancel", "blur"]) button.addEventListener(kind, release);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if ([" ", "Enter"].includes(event.key)) { event.preventDefault(); press(); }
  });
  button.addEventListener("keyup", (event) => { if ([" ", "Enter"].includes(event.key)) release(); });
  hangUp.addEventListener("click", end);
  addEventListener("pagehide", () => {
    if (!talk) return;
    const good = new FormData();
    good.append("csrfmiddlewaretoken", token);
    navigator.sendBeacon(`${talk.id}/end/`, good);
  });
})();
