/**
 * Choosing a project: what is typed is looked for on the phone, recent and near ones stand on top.
 * @import { Project } from "../../outbox/search.js"
 */
import { searchProjects } from "../../outbox/search.js";
import { all, copy, fill, input, on, one } from "../dom.js";
import { say, sayDay, sayDistance, titleOf } from "../words.js";

/**
 * @param {HTMLElement} list
 * @param {(Project & {distance_m?: number|null})[]} projects
 */
export function listProjects(list, projects) {
  list.replaceChildren(
    ...projects.map((project) => {
      const line = copy("project");
      const contact = project.last_contact_at ? say("last-contact", { when: sayDay(project.last_contact_at) }) : "";
      fill(line, {
        title: titleOf(project),
        enterprise: project.enterprise?.name ?? "",
        contact,
        far: project.distance_m == null ? "" : sayDistance(project.distance_m),
      });
      one("button", line).dataset["project"] = project.id;
      return line;
    }),
  );
  list.hidden = projects.length === 0;
}

/**
 * @param {HTMLElement} view
 * @param {{projects: () => Project[]|null, recent: () => string[], chosen: (choice: {project?: Project, typed?: string}) => void}} page
 */
export function setUpPick(view, page) {
  /** @type {{lat: number, lng: number}|null} */
  let near = null;
  const search = input("[data-search]", view);
  const list = one('[data-list="projects"]', view);
  const typed = one("[data-typed]", view);
  const hint = one("[data-pick-hint]", view);

  const show = () => {
    const projects = page.projects() ?? [];
    const query = search.value.trim();
    const found = searchProjects(projects, query, { near, recent: page.recent() });
    listProjects(list, found);
    fill(typed, { typed: query ? say("use-typed", { name: query }) : "" });
    typed.hidden = query === "";
    hint.hidden = projects.length > 0 && (found.length > 0 || query === "");
    hint.textContent = projects.length === 0 ? say("no-reference") : say("none-found");
    one("[data-found]", view).textContent = query ? say("found", { n: found.length }) : "";
  };

  const locate = () =>
    navigator.geolocation?.getCurrentPosition(
      ({ coords }) => {
        near = { lat: coords.latitude, lng: coords.longitude };
        one("[data-near]", view).hidden = true;
        show();
      },
      () => (one("[data-near]", view).hidden = true),
      { maximumAge: 120_000, timeout: 8000 },
    );

  const nearIfAllowed = async () => {
    const allowed = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (allowed?.state === "granted") locate();
    else one("[data-near]", view).hidden = allowed?.state === "denied" || !navigator.geolocation;
  };

  search.addEventListener("input", show);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = all("button", list)[0];
    if (first && search.value.trim()) first.click();
  });
  on(view, "click", "[data-project]", (button) => {
    const project = page.projects()?.find(({ id }) => id === button.dataset["project"]);
    if (project) page.chosen({ project });
  });
  typed.addEventListener("click", () => page.chosen({ typed: search.value.trim() }));
  one("[data-undecided]", view).addEventListener("click", () => page.chosen({}));
  one("[data-near]", view).addEventListener("click", locate);

  return {
    /** @param {boolean} further */
    show(further) {
      search.value = "";
      one("[data-undecided]", view).hidden = further;
      show();
      void nearIfAllowed();
    },
    refresh: show,
    near: () => near,
  };
}
