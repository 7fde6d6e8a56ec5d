/* The service worker of pushes: shows what came and leads to it; it caches nothing and answers for no page. */

self.addEventListener("push", (event) => {
  const { title, body, tag, address } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { address } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { address } = event.notification.data;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
      const open = pages.find((page) => new URL(page.url).pathname === address);
      return open ? open.focus() : self.clients.openWindow(address);
    }),
  );
});
