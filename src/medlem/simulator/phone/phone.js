// Looks every second for other requests than those on the page, and shows the page anew if there are.
// A phone without push messages has no `data-looks`: it must be refreshed by hand.
const phone = document.getElementById("phone");

async function look() {
  try {
    const answer = await fetch(`/sim/people/${phone.dataset.msisdn}/requests`);
    const { requests } = await answer.json();
    if (requests.map((request) => request.auth_req_id).join(" ") !== phone.dataset.requests) location.reload();
  } catch {
    // The simulator is being started again; the next look may find it.
  }
}

if (phone && "looks" in phone.dataset) setInterval(look, 1000);
