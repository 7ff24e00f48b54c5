// Says who is logged in, and lets them out.
const status = document.getElementById("status");
const logout = document.getElementById("logout");

async function look() {
  const answer = await fetch("/api/v1/me");
  logout.hidden = !answer.ok;
  status.textContent = answer.ok ? `You are logged in as ${(await answer.json()).name}.` : "You are not logged in.";
}

logout.addEventListener("click", async () => {
  await fetch("/api/v1/logout", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  await look();
});

look();
