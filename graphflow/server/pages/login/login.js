// Trades a one-time code, or a token, for a cookie. The code stands behind the # of the address: it never travels in a URL.
const secret = document.getElementById("secret");
const code = new URLSearchParams(location.hash.slice(1)).get("code");

function say(text) {
  document.getElementById("status").textContent = text;
}

async function logIn(given) {
  say("Logging in …");
  try {
    const answer = await fetch("api/v1/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret: given }),
    });
    if (answer.ok) {
      if (location.pathname.endsWith("/login")) location.replace("./");
      else location.reload(); // the server shows this page wherever somebody is a stranger
      return;
    }
    const [problem] = (await answer.json()).problems;
    say(problem.hint ? `${problem.message}: ${problem.hint}` : problem.message);
  } catch {
    say("The server does not answer.");
  }
}

document.getElementById("form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(secret.value.trim());
});

if (code) {
  history.replaceState(null, "", location.pathname + location.search); // so that it is in no history either
  logIn(code);
}
