// Opens and closes the questions of a page: a button with data-ask="id" opens dialog#id.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-ask]");
  if (opener) {
    document.getElementById(opener.dataset.ask).showModal();
  }
  const closer = event.target.closest("[data-close]");
  if (closer) {
    closer.closest("dialog").close();
  }
});
// A button with data-print prints the page.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    window.print();
  }
});
