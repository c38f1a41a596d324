// Follows a stream of pictures; each is the whole truth, so after a break nothing has to be caught up.
//
// A browser allows six connections to one place, so a page in the background lets its own go.
const PATIENCE = 3000; // Milliseconds before a stream that was refused is tried again; a broken one returns by itself.

let ahead = 0; // How far the simulator's clock is ahead of this page's own, in milliseconds.

// The simulator's clock: seconds since 1970.
export const now = () => (performance.now() + ahead) / 1000;

export function follow(address, show) {
  const lost = document.getElementById("lost");
  let source = null;
  let again = 0;

  function open() {
    close();
    source = new EventSource(address());
    source.addEventListener("picture", ({ data }) => {
      const news = JSON.parse(data);
      ahead = news.now * 1000 - performance.now();
      lost.hidden = true;
      show(news.picture);
    });
    source.addEventListener("error", () => {
      lost.hidden = false;
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, PATIENCE);
    });
  }

  function close() {
    clearTimeout(again);
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
  return { reopen: open };
}
