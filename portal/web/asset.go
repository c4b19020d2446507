package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"entente/portal/view"
	"entente/prm/fault"
	"entente/static"
)

// asset serves a file by its fingerprinted address, which never changes.
func asset(v *visit) error {
	name := v.Params("*")
	f, ok := static.Open(name)
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	v.Set(fiber.HeaderCacheControl, static.CacheControl)
	v.Set(fiber.HeaderETag, f.ETag)
	v.Set(fiber.HeaderContentType, f.Type)
	if strings.HasSuffix(f.Type, "svg+xml") {
		v.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	}
	if v.Get(fiber.HeaderIfNoneMatch) == f.ETag {
		return v.SendStatus(fiber.StatusNotModified)
	}
	return v.Send(f.Body)
}

// favicon sends old browsers, which ask for it unasked, to the drawn one.
func favicon(v *visit) error {
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return v.Redirect(static.URL("img/icon.svg"), fiber.StatusFound)
}

// robots keeps a private portal out of search engines.
func robots(v *visit) error {
	v.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return v.SendString("User-agent: *\nDisallow: /\n")
}

// manifest lets a phone keep the portal on its home screen.
func manifest(v *visit) error {
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	if err := v.JSON(fiber.Map{
		"name": v.p.T("app.name"), "short_name": v.p.T("app.name"), "lang": string(v.p.Language()),
		"start_url": "/", "scope": "/", "display": "standalone", "background_color": "#fbfbfa", "theme_color": "#0e6073",
		"icons": []fiber.Map{{"src": static.URL("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"}},
	}); err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/manifest+json")
	return nil
}

// offline is what a browser may keep to show when the network is gone.
func offline(v *visit) error {
	return v.render(&view.OfflinePage{Base: v.shell()}, nil)
}
