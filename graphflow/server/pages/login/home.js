// Says who is logged in, and lets them out. It stands behind login.js, which lets in whoever comes with a code.
document.getElementById("logout").addEventListener("click", async () => {
  await fetch("api/v1/logout", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  location.reload();
});

async function look() {
  const answer = await fetch("api/v1/me");
  if (answer.ok) say(`You are logged in as ${(await answer.json()).name}.`);
}

if (!code) look();
