"use strict";
// The pad for a telephone number; one tap on 交上去 is one slip, however often it is tapped.
(() => {
  const phone = document.getElementById("phone");
  const form = document.querySelector("form.say");
  if (!form) return;
  document.querySelectorAll("[data-digit]").forEach((key) => {
    key.addEventListener("click", () => {
      phone.value = key.dataset.digit ? (phone.value + key.dataset.digit).slice(0, 15) : phone.value.slice(0, -1);
    });
  });
  form.addEventListener("submit", () => {
    form.querySelector(".send").disabled = true;
  });
})();
