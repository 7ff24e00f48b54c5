import "./styles/index.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { startTexts } from "../i18n";
import { chosenLanguage, followLanguage, followTheme } from "../state/settings";
import { followDocuments } from "../state/stage";
import { startState } from "../state/start";
import { App } from "./App";
import { followKeys } from "./keyboard";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no place for the editor");

followTheme();
followDocuments();
followKeys();
await startTexts(chosenLanguage());
followLanguage();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
await startState(new URLSearchParams(location.search).get("workflow"));
