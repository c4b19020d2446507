package doc

import "testing"

func change() OrderChange {
	return OrderChange{
		Purpose: "04", Type: "SA", Number: "P1", Date: "2026-11-22",
		Lines: []ChangeLine{{Line: Line{Number: "1", Quantity: "2", Unit: "EA"}, Change: "QD"}},
	}
}

func TestChangeValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*OrderChange)
		want string
	}{
		"fine":            {func(*OrderChange) {}, ""},
		"head alone":      {func(d *OrderChange) { d.Lines = nil }, ""},
		"no type":         {func(d *OrderChange) { d.Type = "" }, "type:missing "},
		"change date":     {func(d *OrderChange) { d.ChangeDate = "2026-02-30" }, "change_date:date "},
		"count":           {func(d *OrderChange) { d.LineCount = 2 }, "line_count:line_count "},
		"no change":       {func(d *OrderChange) { d.Lines[0].Change = "" }, "lines[0].change:missing "},
		"which quantity":  {func(d *OrderChange) { d.Lines[0].Quantity = "" }, "lines[0].quantity:missing "},
		"deleted":         {func(d *OrderChange) { d.Lines[0].Change, d.Lines[0].Quantity = "DI", "" }, ""},
		"new without one": {func(d *OrderChange) { d.Lines[0].Change = "AI" }, "lines[0].items:missing "},
		"which line":      {func(d *OrderChange) { d.Lines[0].Number = "" }, "lines[0].items:missing "},
		"left":            {func(d *OrderChange) { d.Lines[0].Left, d.Lines[0].Unit = "x", "" }, "lines[0].left:number lines[0].unit:missing "},
		"twice":           {func(d *OrderChange) { d.Lines = append(d.Lines, d.Lines[0]) }, "lines[1].number:line_duplicate "},
	} {
		d := change()
		tc.edit(&d)
		if got := keys(d.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestChangeAckValidate(t *testing.T) {
	t.Parallel()
	d := OrderChangeAck{
		Purpose: "04", Number: "P1", Date: "2026-11-22",
		Lines: []ChangeAckLine{{AckLine: AckLine{Line: Line{Number: "1", Quantity: "2", Unit: "EA"}}, Change: "QD"}},
	}
	if got := keys(d.Validate()); got != "" {
		t.Errorf("asked by the seller: %q", got)
	}
	d.Lines[0].Responses = []Response{{Status: "IA", Quantity: "1"}}
	if got := keys(d.Validate()); got != "lines[0].responses:quantity_sum " {
		t.Errorf("one of two answered: %q", got)
	}
}

func TestReceivingAdviceValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*ReceivingAdvice)
		want string
	}{
		"fine":           {func(*ReceivingAdvice) {}, ""},
		"no lines":       {func(d *ReceivingAdvice) { d.Lines = nil }, "lines:no_lines "},
		"no number":      {func(d *ReceivingAdvice) { d.Number = "" }, "number:missing "},
		"nothing":        {func(d *ReceivingAdvice) { d.Lines[0].Quantity = "" }, "lines[0].quantity:missing "},
		"only returned":  {func(d *ReceivingAdvice) { d.Lines[0].Quantity, d.Lines[0].Returned = "", "1" }, "lines[0].returned_unit:missing "},
		"shipped":        {func(d *ReceivingAdvice) { d.Lines[0].Shipped = "many" }, "lines[0].shipped:number lines[0].shipped_unit:missing "},
		"exception":      {func(d *ReceivingAdvice) { d.Lines[0].Exceptions = []Exception{{Quantity: "1", Unit: "EA"}} }, "lines[0].exceptions[0].condition:missing "},
		"which item":     {func(d *ReceivingAdvice) { d.Lines[0].Number = "" }, "lines[0].items:missing "},
		"whose order":    {func(d *ReceivingAdvice) { d.Orders = []OrderRef{{Date: "2026-13-01"}} }, "orders[0].number:missing orders[0].date:date "},
		"whose lines":    {func(d *ReceivingAdvice) { d.Lines[0].Orders = []OrderRef{{}} }, "lines[0].orders[0].number:missing "},
		"count of lines": {func(d *ReceivingAdvice) { d.LineCount = 3 }, "line_count:line_count "},
	} {
		d := ReceivingAdvice{Purpose: "00", Type: "2", Number: "R1", Date: "2026-11-22", Lines: []ReceivedLine{{Line: Line{Number: "1", Quantity: "2", Unit: "EA"}}}}
		tc.edit(&d)
		if got := keys(d.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestReturnValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*Return)
		want string
	}{
		"fine":        {func(*Return) {}, ""},
		"no stage":    {func(d *Return) { d.Stage = "" }, "stage:missing "},
		"no lines":    {func(d *Return) { d.Lines = nil }, "lines:no_lines "},
		"order date":  {func(d *Return) { d.Order.Date = "22.11.2026" }, "order.date:date "},
		"no quantity": {func(d *Return) { d.Lines[0].Quantity = "" }, "lines[0].quantity:missing "},
		"no item":     {func(d *Return) { d.Lines[0].VendorItem = "" }, "lines[0].items:missing "},
		"counted":     {func(d *Return) { d.Lines[0].Quantities = []Counted{{Quantity: "x"}} }, "lines[0].quantities[0].qualifier:missing lines[0].quantities[0].quantity:number "},
	} {
		d := Return{Stage: StageRequest, Purpose: "13", Number: "RT-1", Date: "2026-11-22", Lines: []ReturnLine{{Line: Line{VendorItem: "A", Quantity: "2"}}}}
		tc.edit(&d)
		if got := keys(d.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestOrderStatusValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*OrderStatus)
		want string
	}{
		"fine":          {func(*OrderStatus) {}, ""},
		"no orders":     {func(d *OrderStatus) { d.Orders = nil }, "orders:missing "},
		"no number":     {func(d *OrderStatus) { d.Orders[0].Number = "" }, "orders[0].number:missing "},
		"says nothing":  {func(d *OrderStatus) { d.Orders[0].Lines = nil }, "orders[0].states:missing "},
		"nor of a line": {func(d *OrderStatus) { d.Orders[0].Lines[0].States = nil }, "orders[0].lines[0].states:missing "},
		"of the order":  {func(d *OrderStatus) { d.Orders[0].States, d.Orders[0].Lines = []State{{Code: "CC"}}, nil }, ""},
		"no code":       {func(d *OrderStatus) { d.Orders[0].Lines[0].States[0].Code = "" }, "orders[0].lines[0].states[0].code:missing "},
		"no item":       {func(d *OrderStatus) { d.Orders[0].Lines[0].Number = "" }, "orders[0].lines[0].items:missing "},
	} {
		d := OrderStatus{Report: "2", Scope: "PP", Number: "S1", Date: "2026-11-22", Orders: []StatusOrder{{Number: "P1", Lines: []StatusLine{{Line: Line{Number: "1"}, States: []State{{Code: "BO"}}}}}}}
		tc.edit(&d)
		if got := keys(d.Validate()); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
