// Package blanket keeps blanket orders: how long they hold, what was called off from them
// and what is left. A blanket order (BEG02 BK, BGM 221) moves no goods; the orders that
// call off from it (RL, 226) do, and each of them is weighed against what is left. It
// stands above prm/trade, whose lines are the only count of quantities.
package blanket

import (
	"time"

	"entente/prm/money"
	"entente/prm/trade"
)

// Blanket is a blanket order as both companies see it.
type Blanket struct {
	Order    trade.OrderID
	Supplier string // company ids
	Reseller string
	Number   string
	From     string // civil dates, either may be empty
	Until    string
	Closed   time.Time // zero: open
	ClosedBy string    // person
	Reason   string    // why it was closed
	Lines    []Line
	CallOffs []CallOff // the newest first, at most MaxCallOffs
	More     bool      // there are further ones
}

// MaxCallOffs is how many call-offs are listed with their blanket order.
const MaxCallOffs = 100

// Line is a line of a blanket order, quantities in its unit. Left is below zero where more
// was called off than was agreed.
type Line struct {
	Line             int
	SKU, Description string
	Unit             string
	Agreed, Drawn    money.Quantity
	Left             money.Quantity
	Price            money.Price
	product          string
	factor           money.Quantity // base units in a unit
}

// CallOff is an order that draws on a blanket order.
type CallOff struct {
	Order     trade.OrderID
	Number    string
	Release   string
	State     trade.State
	OrderedOn string
}

// CloseCmd ends a blanket order before its time.
type CloseCmd struct {
	Reason string
}

// scaled is n × by ÷ of, rounded down.
func scaled(n, by, of money.Quantity) money.Quantity {
	if of <= 0 || by == of {
		return n
	}
	return ratio(n, by, of)
}
