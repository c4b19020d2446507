package web

import (
	"github.com/gofiber/fiber/v2"
)

// livez answers as long as the process can answer at all.
func livez(v *visit) error {
	return v.JSON(fiber.Map{"status": "ok"})
}

// readyz runs the readiness checks and says which failed.
func readyz(v *visit) error {
	checks, addresses, ok := map[string]string{}, map[string]string{}, true
	if v.w.d.Ready != nil {
		checks, addresses, ok = v.w.d.Ready(v.ctx)
	}
	status := fiber.StatusOK
	if !ok {
		status = fiber.StatusServiceUnavailable
		v.Set(fiber.HeaderRetryAfter, "5")
	}
	return v.Status(status).JSON(fiber.Map{"ready": ok, "checks": checks, "addresses": addresses})
}
