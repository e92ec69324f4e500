"use strict";
// Hears of every change from the server, and lets an emergency cover whatever is on the screen.
(() => {
  const body = document.body;
  const part = (name) => document.getElementById(`alarm-${name}`);
  const cover = document.getElementById("alarm");
  const lost = document.getElementById("lost");
  const offline = document.getElementById("offline");
  let shownId = null;
  let lostTimer = 0;

  const post = (path, fields) =>
    fetch(path, { method: "POST", body: new URLSearchParams(fields), keepalive: true }).catch(() => {});

  function fill(alarm, others) {
    part("word").textContent = alarm.word;
    part("groups").textContent = alarm.groups;
    part("title").textContent = alarm.title;
    part("summary").textContent = alarm.summary;
    part("route").replaceChildren(...alarm.route.map((step) => {
      const item = document.createElement("li");
      item.textContent = step;
      return item;
    }));
    part("way").hidden = alarm.route.length === 0;
    part("shelter").textContent = alarm.shelter;
    part("safe").hidden = alarm.shelter === "";
    part("text").textContent = alarm.text;
    part("issuer").textContent = alarm.issuer;
    part("when").textContent = `${alarm.issued} 发布，至 ${alarm.expires}`;
    part("more").textContent = others > 0 ? `另有 ${others} 条预警` : "";
    cover.classList.toggle("exercise", alarm.exercise);
  }

  function takeOver(alarms) {
    if (alarms.length === 0) {
      cover.hidden = true;
      if (shownId !== null) post("/alarm", { alert: "" });
      shownId = null;
      return;
    }
    fill(alarms[0], alarms.length - 1);
    cover.hidden = false;
    document.dispatchEvent(new Event("alarm"));
    document.querySelectorAll("video, audio").forEach((media) => media.pause());
    if (shownId !== alarms[0].id) {
      shownId = alarms[0].id;
      // Reported once it has really been drawn.
      requestAnimationFrame(() => requestAnimationFrame(() => post("/alarm", { alert: shownId })));
    }
  }

  async function followEdition(edition) {
    // Under an alarm nothing is loaded anew; the all-clear brings the edition again.
    if (!cover.hidden || String(edition) === body.dataset.edition) return;
    if (body.dataset.notice) {
      const answer = await fetch(`/notice/${body.dataset.notice}/state`);
      const { revision } = await answer.json();
      if (String(revision) !== body.dataset.revision) location.reload();
      else body.dataset.edition = String(edition);
    } else if (body.dataset.live) {
      location.reload();
    } else if (body.dataset.page === "wall") {
      document.dispatchEvent(new CustomEvent("edition", { detail: edition }));
    }
  }

  function listen() {
    const line = new EventSource("/live");
    line.onmessage = (event) => {
      const state = JSON.parse(event.data);
      clearTimeout(lostTimer);
      lostTimer = 0;
      if (lost) lost.hidden = true;
      if (offline) offline.hidden = !state.offline;
      takeOver(state.alarms);
      followEdition(state.edition).catch(() => {});
    };
    line.onerror = () => {
      if (lost && !lostTimer) lostTimer = setTimeout(() => { lost.hidden = false; }, 3000);
      if (line.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
    };
    addEventListener("pagehide", () => line.close());
  }
  listen();
})();
