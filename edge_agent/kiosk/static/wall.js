"use strict";
// The wall's playlist: each slide stands its time, is reported, and makes room for the next.
(() => {
  const slides = [...document.querySelectorAll(".slide[data-name]")];
  let at = -1;
  let timer = 0;
  let stale = false;
  const attract = Boolean(document.body.dataset.attract);

  let since = 0;
  const isCovered = () => !document.getElementById("alarm").hidden;

  function tell(what, slide) {
    if (attract) return;
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    const fields = { name: slide.dataset.name, slide: slide.dataset.slide, seconds };
    fetch(`/wall/${what}`, { method: "POST", body: new URLSearchParams(fields) }).catch(() => {});
  }

  function finish() {
    tell("shown", slides[at]);
    next();
  }

  function next() {
    clearTimeout(timer);
    if (stale) {
      location.reload();
      return;
    }
    if (slides.length === 0) return;
    if (at >= 0) {
      slides[at].hidden = true;
      const video = slides[at].querySelector("video");
      if (video) video.pause();
    }
    at = (at + 1) % slides.length;
    show(slides[at]);
  }

  function show(slide) {
    slide.hidden = false;
    if (isCovered()) return;
    since = performance.now();
    // Told once it has really been drawn, and the fade is over.
    setTimeout(() => requestAnimationFrame(() => {
      if (slides[at] === slide && !stale && !isCovered()) tell("begins", slide);
    }), 1500);
    const video = slide.querySelector("video");
    if (!video) {
      timer = setTimeout(finish, Number(slide.dataset.dwell) * 1000);
      return;
    }
    video.currentTime = 0;
    video.onended = finish;
    video.onerror = next;
    video.play().catch(next);
  }

  if (attract) {
    const enter = () => location.replace("/");
    document.addEventListener("pointerdown", enter);
    document.addEventListener("keydown", enter);
  }

  // What changed may have been withdrawn: leave at once, never at the end of a slide.
  document.addEventListener("edition", () => { stale = true; next(); });
  document.addEventListener("alarm", () => clearTimeout(timer));
  new MutationObserver(() => {
    if (!isCovered() && at >= 0) show(slides[at]);
  }).observe(document.getElementById("alarm"), { attributeFilter: ["hidden"] });
  next();
})();
