// A page that waits for a payment looks again by itself, and is only replaced when it has news:
// another state, or why a card was declined.
const news = (page) =>
  [...page.querySelectorAll("h1, main .notice:not(.messages *)")].map((each) => each.textContent).join();

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (news(page) !== news(document)) location.replace(answer.url);
}

// However long an answer takes or whatever goes wrong, one look is over before the next begins.
const again = () => setTimeout(() => look().catch(() => null).finally(again), 5000);
again();
