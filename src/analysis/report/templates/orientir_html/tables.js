// Sorting and filtering of tables marked sortable, and no needless tab stops: the page works without this script.
"use strict";
(() => {
  const order = new Intl.Collator("ru", { numeric: true });

  // Compared by its hidden key where it has one, else by its text; missing values go last either way.
  function keyOf(row, column) {
    const cell = row.cells[column];
    if ("missing" in cell.dataset) return null;
    const key = cell.dataset.v ?? cell.textContent.trim();
    return cell.dataset.v !== undefined && !isNaN(key) ? Number(key) : key;
  }
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return order.compare(a, b);
  }
  function dataRows(body) {
    return [...body.rows].filter((row) => !row.classList.contains("group"));
  }
  function sort(table, column, direction) {
    for (const body of table.tBodies) {
      const rows = dataRows(body).map((row) => [keyOf(row, column), row]);
      rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : direction * compare(a, b));
      body.append(...rows.map(([, row]) => row));
    }
  }

  function columnOf(head, header) {
    const columns = [];
    [...head.rows].forEach((row, y) => {
      let x = 0;
      for (const cell of row.cells) {
        while (columns[x]?.until > y) x += 1;
        for (let n = 0; n < cell.colSpan; n += 1) columns[x + n] = { cell, until: y + cell.rowSpan };
        x += cell.colSpan;
      }
    });
    return columns.findIndex((column) => column.cell === header);
  }
  function makeSortable(table) {
    const headers = [...table.tHead.querySelectorAll("th[scope=col]")];
    for (const header of headers) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const down = header.getAttribute("aria-sort") === "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, columnOf(table.tHead, header), down ? -1 : 1);
      });
    }
  }

  function makeFilter(table) {
    const line = document.createElement("p");
    const label = document.createElement("label");
    const input = document.createElement("input");
    const found = document.createElement("output");
    line.className = "find";
    input.type = "search";
    label.append("Найти в таблице ", input);
    line.append(label, found);
    table.closest(".table").prepend(line);
    input.addEventListener("input", () => {
      const words = input.value.trim().toLocaleLowerCase("ru").split(/\s+/);
      let shown = 0, all = 0;
      for (const body of table.tBodies) {
        const rows = dataRows(body);
        for (const row of rows) {
          const text = row.textContent.toLocaleLowerCase("ru");
          row.hidden = !words.every((word) => text.includes(word));
          shown += !row.hidden;
        }
        all += rows.length;
        body.hidden = rows.length > 0 && rows.every((row) => row.hidden);
      }
      found.value = input.value.trim() ? `Показано строк: ${shown} из ${all}` : "";
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    makeSortable(table);
    makeFilter(table);
  }
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".scroll, .chart").forEach((region) => watch.observe(region));
  if (matchMedia("(max-width: 40rem)").matches) document.querySelector(".contents details")?.removeAttribute("open");
})();
