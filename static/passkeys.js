/* Passkeys: which form of the page is which for allauth's scripts, and said on the page what they tell the console. */
"use strict";
document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // cancelled, too late, no such key on this device
  document.getElementById("passkey-failed").hidden = false;
});

for (const { dataset } of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}
