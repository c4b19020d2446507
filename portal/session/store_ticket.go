package session

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"entente/chat/socket"
	"entente/db"
	"entente/prm/fault"
)

// ticketRow is a ticket for the live socket that waits for its one use, by its hash.
type ticketRow struct {
	Hash     string `gorm:"primaryKey"`
	Identity string
	Expires  int64
}

func (ticketRow) TableName() string { return "live_ticket" }

// Tickets keep tickets for the live socket where every node of an installation finds them.
// They implement socket.TicketStore.
type Tickets struct{ db *db.DB }

// NewTickets makes the store.
func NewTickets(d *db.DB) *Tickets { return &Tickets{d} }

// Put implements socket.TicketStore. What nobody used in time goes with it.
func (t *Tickets) Put(ctx context.Context, hash [32]byte, id socket.Identity, until time.Time) error {
	body, err := json.Marshal(id)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "error.internal")
	}
	return t.db.InTx(ctx, func(ctx context.Context) error {
		if err := db.Tx(ctx).Where("expires < ?", db.Micros(until.Add(-2*socket.TicketLife))).Delete(&ticketRow{}).Error; err != nil {
			return err
		}
		return db.Tx(ctx).Create(&ticketRow{hex.EncodeToString(hash[:]), string(body), db.Micros(until)}).Error
	})
}

// Take implements socket.TicketStore: of two nodes that are shown one ticket, one takes it.
func (t *Tickets) Take(ctx context.Context, hash [32]byte, now time.Time) (socket.Identity, error) {
	var id socket.Identity
	wrong := fault.New(fault.Unauthenticated, "live.ticket_wrong")
	err := t.db.InTx(ctx, func(ctx context.Context) error {
		var rows []ticketRow
		if err := db.Tx(ctx).Where("hash = ?", hex.EncodeToString(hash[:])).Find(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return wrong
		}
		gone := db.Tx(ctx).Where("hash = ?", rows[0].Hash).Delete(&ticketRow{})
		if gone.Error != nil {
			return gone.Error
		}
		if gone.RowsAffected == 0 {
			return wrong
		}
		if db.Micros(now) > rows[0].Expires {
			return nil // it is gone, and late
		}
		if err := json.Unmarshal([]byte(rows[0].Identity), &id); err != nil {
			return fault.Wrap(err, fault.Internal, "error.internal")
		}
		return nil
	})
	if err == nil && id.Actor.Person == "" {
		err = wrong
	}
	return id, err
}
