// The start page: shows the whole picture, and leaves each part of it to its own module.
import { follow } from "/pages/screen/news.js";
import { $ } from "/pages/screen/parts.js";
import { showCalls } from "./calls.js";
import { showClock } from "./clock.js";
import { showFaults } from "./faults.js";
import { showKeys } from "./keys.js";
import { showPeople } from "./people.js";
import { showSwitches } from "./switches.js";

$("#address").textContent = location.origin;

follow(
  () => "/news",
  (picture) => {
    showPeople(picture.people);
    showClock(picture.turned);
    showCalls(picture.calls);
    showFaults(picture.faults);
    showKeys(picture.credentials);
    showSwitches(picture.switches);
  },
);
