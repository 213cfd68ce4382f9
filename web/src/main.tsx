// Start reading here: who is signed in (session/), then the page that the URL's fragment names.
import { render } from "preact";
import { App } from "./App";
import { Gate } from "./session/Gate";
import "./ui/style.css";

const root = document.getElementById("app");
if (root) {
  render(
    <Gate>
      <App />
    </Gate>,
    root,
  );
}
