package app

import (
	"context"
)

// makeDemo makes the demo companies on an empty database and starts the jobs;
// it returns once everything that follows from the demo data was handled.
func (a *App) makeDemo(ctx context.Context) error {
	return a.jobs.Start(ctx)
}
