"use strict";
// One big button: reads the page aloud piece by piece with the box's own voice, and stops.
(() => {
  const button = document.getElementById("read");
  const word = button.querySelector("span");
  const root = document.documentElement;
  let player = null;
  let turn = 0;

  function stop(message) {
    turn += 1;
    if (player) player.pause();
    player = null;
    delete root.dataset.reading;
    button.setAttribute("aria-pressed", "false");
    word.textContent = message || word.dataset.start;
  }

  function play(addresses, at, mine) {
    if (mine !== turn) return;
    if (at >= addresses.length) {
      stop();
      return;
    }
    player = new Audio(addresses[at]);
    player.onended = () => play(addresses, at + 1, mine);
    player.onerror = () => { if (mine === turn) stop("现在读不出"); };
    player.play().catch(() => { if (mine === turn) stop("现在读不出"); });
    // The next piece is spoken by the box while this one plays.
    if (at + 1 < addresses.length) fetch(addresses[at + 1]).catch(() => {});
  }

  async function start() {
    turn += 1;
    const mine = turn;
    root.dataset.reading = "1";
    button.setAttribute("aria-pressed", "true");
    word.textContent = word.dataset.stop;
    try {
      const answer = await fetch(button.dataset.reading);
      const { play: addresses } = await answer.json();
      play(addresses, 0, mine);
    } catch {
      stop("现在读不出");
    }
  }

  button.addEventListener("click", () => (root.dataset.reading ? stop() : start()));
  document.addEventListener("alarm", () => stop());
  addEventListener("pagehide", () => stop());
})();
