"use strict";
// What every page does: no way back to another villager's page, idle reset, heartbeat.
(() => {
  const body = document.body;
  const box = document.getElementById("idle");
  const left = document.getElementById("idle-left");
  const idleMs = Number(body.dataset.idle) * 1000;
  const countdownS = Number(body.dataset.countdown);
  const atHome = body.dataset.page === "home";
  const onWall = body.dataset.page === "wall";
  let idleTimer = 0;
  let countTimer = 0;
  let leftS = 0;

  // Links replace the page, so that the history never holds what somebody else read.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link) return;
    event.preventDefault();
    if (link.origin === location.origin) location.replace(link.href);
  });
  document.querySelectorAll("form[role=search]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.replace(`${form.action}?${new URLSearchParams(new FormData(form))}`);
    });
  });
  // So do forms that lead on to a page: /size and /say. What asks again stays where it is.
  document.querySelectorAll("form[data-leads-on]").forEach((form) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const body = new URLSearchParams(new FormData(form, event.submitter));
        const answer = await fetch(form.action, { method: "POST", body });
        if (answer.redirected) location.replace(answer.url);
        else form.submit();
      } catch {
        form.submit();
      }
    });
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.replace("/"); });
  for (const unwanted of ["contextmenu", "dragstart", "drop", "dragover", "gesturestart", "auxclick"]) {
    document.addEventListener(unwanted, (event) => event.preventDefault());
  }

  // A keyboard plugged into the box must open nothing. In an app's window Chromium asks the page
  // before it obeys a chord, so a refusal here holds; plain letters, Tab and Enter stay.
  const plain = new Set(["Shift", "Tab", "Enter", "Escape", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
  document.addEventListener("keydown", (event) => {
    const isChord = event.ctrlKey || event.altKey || event.metaKey;
    const isNamed = event.key.length > 1 && !plain.has(event.key);
    if (isChord || (isNamed && event.key !== "Process") || (event.shiftKey && event.key === "Escape")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, { capture: true });
  addEventListener("wheel", (event) => { if (event.ctrlKey) event.preventDefault(); }, { passive: false });

  async function leave(whither = "/") {
    try {
      await fetch("/reset", { method: "POST" });
    } finally {
      location.replace(whither);
    }
  }

  function count() {
    leftS -= 1;
    left.textContent = String(leftS);
    if (leftS <= 0) {
      clearInterval(countTimer);
      leave();
    }
  }

  function ask() {
    if (document.documentElement.dataset.reading) {
      stay();
      return;
    }
    if (atHome) {
      leave("/attract");
      return;
    }
    leftS = countdownS;
    left.textContent = String(leftS);
    box.hidden = false;
    document.getElementById("idle-stay").focus();
    clearInterval(countTimer);
    countTimer = setInterval(count, 1000);
  }

  function stay() {
    box.hidden = true;
    clearInterval(countTimer);
    clearTimeout(idleTimer);
    idleTimer = setTimeout(ask, idleMs);
  }

  if (!onWall) {
    for (const sign of ["pointerdown", "keydown", "touchmove", "wheel", "scroll", "input"]) {
      document.addEventListener(sign, stay, { capture: true, passive: true });
    }
    stay();
  }

  // The heartbeat comes from a drawn frame: a page that no longer draws falls silent.
  function beat() {
    requestAnimationFrame(() => {
      fetch("/alive", { method: "POST" }).catch(() => {});
    });
  }
  beat();
  setInterval(beat, 10000);
})();
