package blob

import (
	"context"
	"os"

	"entente/prm/fault"
)

// Check says whether the store can take a large payload now: its folder accepts
// a file. Codes: Unavailable.
func (s *Store) Check(context.Context) error {
	f, err := os.CreateTemp(s.dir, tempPrefix)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	_, err = f.Write(make([]byte, 64<<10)) // a full disk still makes empty files
	if err == nil {
		err = f.Sync()
	}
	_ = f.Close()
	if rerr := os.Remove(f.Name()); err == nil {
		err = rerr
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return nil
}
