package web

import (
	"github.com/gofiber/fiber/v2"

	"entente/portal/locale"
)

// ediProof sends the proof of a message as one archive.
func ediProof(v *visit) error {
	p, err := v.w.d.Courier.Prove(v.ctx, v.actor(), v.Params("id"))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/zip")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+p.Name+`.zip"`)
	v.Context().SetBodyStream(p.Stream(v.ctx, locale.ProofReadme()), -1) // closed by the server once sent
	return nil
}
