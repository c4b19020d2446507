package notify

import (
	"context"
	"strings"
	"time"

	"entente/db"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// WayPush is by the person's own devices. It is beside inbox and mail: what comes by
// neither does not come by it.
const WayPush = "push"

// What is older than pushUntil is not told on a device any more; pushRows at once.
const (
	pushUntil = 12 * time.Hour
	pushRows  = 5
)

// Devices says which of some people of a company have a device that is told. It is a port:
// portal/push knows.
type Devices interface {
	Having(ctx context.Context, org string, people []string) (map[string]bool, error)
}

// Push says who knows the devices.
func (s *Service) Push(d Devices) { s.devices = d }

// having are those of some people who have a device.
func (s *Service) having(ctx context.Context, org string, people []string) (map[string]bool, error) {
	if s.devices == nil {
		return nil, nil
	}
	return s.devices.Having(ctx, org, people)
}

// PendingPush finds people with notices that wait to be told on a device. It is for the
// job that does.
func (s *Service) PendingPush(ctx context.Context, limit int) ([]Target, error) {
	var out []Target
	err := s.db.View(ctx, func(ctx context.Context) (err error) {
		out, err = pendingPush(ctx, limit)
		return err
	})
	return out, err
}

// CollectPush takes what a person is told on a device and settles it, in the transaction
// of ctx. In the person's quiet hours nothing is taken.
// Codes: NotFound (not a system actor, or a target of another company).
func (s *Service) CollectPush(ctx context.Context, actor access.Actor, to Target, zone *time.Location) ([]Notice, error) {
	if !strings.HasPrefix(actor.Via, "system:") || to.Org != actor.Org || to.Person == "" {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	var out []Notice
	err := s.db.InTx(account.Acting(ctx, actor), func(ctx context.Context) error {
		now := db.Now(ctx)
		c, err := choiceOf(ctx, to.Org, to.Person)
		if err != nil {
			return err
		}
		if end := (Quiet{int(c.QuietFrom), int(c.QuietTo)}).End(now, zone); !end.IsZero() {
			return dropPush(ctx, to, now.Add(-pushUntil))
		}
		if out, err = unpushed(ctx, to, now.Add(-pushUntil), pushRows); err != nil {
			return err
		}
		return dropPush(ctx, to, now.Add(time.Second))
	})
	return out, err
}
