package blanket

import (
	"testing"

	"entente/db/dbtest"
	"entente/prm/money"
)

func TestModels(t *testing.T) {
	t.Parallel()
	dbtest.CheckModels(t, dbtest.One(t), blanketRow{}, releaseRow{})
}

// What is called off is taken from the lines of its item in their order, in their units;
// what is too much stands on the last one.
func TestDraw(t *testing.T) {
	t.Parallel()
	q := func(n int64) money.Quantity { return money.Micro(n) * money.One }
	fresh := func() *Blanket {
		return &Blanket{Lines: []Line{
			{Line: 1, product: "p", SKU: "A", Agreed: q(10), Left: q(10), factor: q(12)}, // in dozens
			{Line: 2, product: "p", SKU: "A", Agreed: q(30), Left: q(30), factor: q(1)},
			{Line: 3, SKU: "free text", Agreed: q(5), Left: q(5), factor: q(1)},
		}}
	}
	for name, c := range map[string]struct {
		product, sku string
		n, factor    money.Quantity
		line         int
		left         money.Quantity
		rest         [3]money.Quantity
		ok           bool
	}{
		"pieces of dozens":       {"p", "A", q(24), q(1), 1, q(150), [3]money.Quantity{q(8), q(30), q(5)}, true},
		"over two lines":         {"p", "A", q(130), q(1), 1, q(150), [3]money.Quantity{0, q(20), q(5)}, true},
		"too much":               {"p", "A", q(151), q(1), 1, q(150), [3]money.Quantity{0, q(-1), q(5)}, true},
		"an item without number": {"", "FREE TEXT", q(2), q(1), 3, q(5), [3]money.Quantity{q(10), q(30), q(3)}, true},
		"another item":           {"x", "A", q(2), q(1), 0, 0, [3]money.Quantity{q(10), q(30), q(5)}, false},
	} {
		b := fresh()
		line, left, ok := b.draw(c.product, c.sku, c.n, c.factor)
		if line != c.line || left != c.left || ok != c.ok || b.Lines[0].Left != c.rest[0] || b.Lines[1].Left != c.rest[1] || b.Lines[2].Left != c.rest[2] {
			t.Errorf("%s: %d %s %v, %+v", name, line, left, ok, b.Lines)
		}
	}
}
