package job

import (
	"context"

	"entente/prm/fault"
)

// Check says whether this node handles jobs. Codes: Unavailable.
func (j *Jobs) Check(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != started {
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	return nil
}
