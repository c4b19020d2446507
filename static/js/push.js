// The service worker of notices on devices: it shows what the portal sends, already in the
// reader's words, and opens the page it is about. It keeps nothing and answers no page.
self.addEventListener("push", (e) => {
  let m;
  try {
    m = e.data.json();
  } catch {
    return;
  }
  e.waitUntil(self.registration.showNotification(String(m.title), { body: String(m.body), tag: String(m.tag), data: { url: String(m.url) } }));
});

self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  const to = new URL(e.notification.data.url, self.location.origin);
  if (to.origin !== self.location.origin) return;
  e.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((all) => {
      const open = all.find((c) => c.url === to.href);
      return open ? open.focus() : self.clients.openWindow(to.href);
    }),
  );
});
