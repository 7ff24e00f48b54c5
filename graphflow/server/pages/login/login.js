// Trades a one-time code, or a token, for a cookie. The code stands behind the # of the address: it never travels in a URL.
const form = document.getElementById("form");
const secret = document.getElementById("secret");
const status = document.getElementById("status");

async function logIn(given) {
  status.textContent = "Logging in …";
  try {
    const answer = await fetch("/api/v1/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret: given }),
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    const [problem] = (await answer.json()).problems;
    status.textContent = problem.hint ? `${problem.message}: ${problem.hint}` : problem.message;
  } catch {
    status.textContent = "The server does not answer.";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(secret.value.trim());
});

const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code) {
  history.replaceState(null, "", "/login"); // so that it is in no history either
  logIn(code);
}
