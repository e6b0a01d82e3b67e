// The recommended rules of html-validate, but for these.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // What templates leave behind between their tags; nobody reads it, and it is compressed.
    "no-trailing-whitespace": "off",
    // Boxes with one name are how a form sends a selection.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
    // The palette's options are found while typing, which a <select> cannot do.
    "prefer-native-element": ["error", { exclude: ["listbox"] }],
    // Forms that a script sends: the palette, whose Enter opens what is marked, and those of passkeys.
    "wcag/h32": "off",
    // The guest page without scripts looks again by itself once a minute, inside <noscript>.
    "meta-refresh": "off",
    // An API key is typed like a password and is none: no browser shall keep or suggest one.
    "autocomplete-password": "off",
  },
};
