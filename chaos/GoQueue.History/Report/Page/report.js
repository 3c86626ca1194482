// Tells, under the pictures of a trial, what is pointed at. Without it the page is complete, too.
for (const charts of document.querySelectorAll("[data-charts]")) {
  const data = JSON.parse(charts.querySelector("script").textContent);
  const readout = charts.querySelector(".readout");
  const plots = charts.querySelectorAll(".plot.tall, .plot.strip");
  const cursors = [...plots].map((plot) => {
    const cursor = document.createElement("i");
    cursor.className = "cursor";
    cursor.hidden = true;
    plot.append(cursor);
    return cursor;
  });
  const millis = (value) => (value < 10 ? value.toFixed(1) + " ms" : value < 1000 ? Math.round(value) + " ms" : (value / 1000).toFixed(1) + " s");
  const clock = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
  const tell = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width));
    const at = Math.floor(share * data.bins.length);
    const [writes, reads, refused, unknown, half, most, longest] = data.bins[at];
    const from = data.from + at * data.width;
    const parts = [clock(from), writes + " writes", reads + " reads"];
    if (refused) parts.push(refused + " refused");
    if (unknown) parts.push(unknown + " unknown");
    parts.push(half === undefined ? "no write acknowledged" : millis(half) + " half, " + millis(most) + " 99 %, " + millis(longest) + " longest");
    for (const [begin, end, name] of data.faults) if (begin < from + data.width && end >= from) parts.push("fault " + name);
    readout.textContent = parts.join("  ·  ");
    for (const cursor of cursors) {
      cursor.hidden = false;
      cursor.style.left = ((at + 0.5) / data.bins.length) * 100 + "%";
    }
  };
  const leave = () => {
    readout.textContent = "\u00a0";
    for (const cursor of cursors) cursor.hidden = true;
  };
  for (const plot of plots) {
    plot.addEventListener("pointermove", tell);
    plot.addEventListener("pointerdown", tell);
    plot.addEventListener("pointerleave", leave);
  }
}
