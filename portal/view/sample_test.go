package view

import (
	"html/template"
	"maps"
	"slices"
	"time"

	"entente/portal/locale"
)

// now is the moment of the sample pages: the Tuesday of the design.
var now = time.Date(2026, 11, 24, 10, 32, 0, 0, time.UTC)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 4, 0, time.UTC)
}

var (
	kestrel = Company{ID: "o1", Slug: "kestrel", Name: "Kestrel Supply", Note: T("side.reseller")}
	aurelia = Company{ID: "o2", Slug: "aurelia", Name: "Aurelia Tools", Note: T("side.supplier")}
	baltic  = Company{ID: "o3", Slug: "baltic", Name: "Baltic Trade Oü"}
	huadong = Company{ID: "o4", Slug: "huadong", Name: "华东五金"}
	maya    = Person{ID: "p1", Name: "Maya Osei", Online: true}
	dan     = Person{ID: "p2", Name: "Dan Whitlock"}
	tomas   = Person{ID: "p3", Name: "Tomás Vega", Company: "Aurelia Tools", Online: true}
	ingrid  = Person{ID: "p4", Name: "Ingrid Dahl", Company: "Aurelia Tools", Online: true}
	wen     = Person{ID: "p5", Name: "李雯", Company: "Aurelia Tools"}
)

func gbp(amount string) Money { return Money{amount, "GBP"} }

func base(lang locale.Language, here Company) Base {
	zone := time.UTC
	if lang == locale.Chinese {
		zone = time.FixedZone("Asia/Shanghai", 8*3600)
	}
	me := maya
	return Base{P: locale.New(lang, zone, now), Theme: ThemeLight, CSRF: "csrf-token", Key: "key-1", Path: "/c/" + here.Slug + "/", Person: &me, Company: &here, Companies: []Company{kestrel, aurelia}, Live: true, Demo: true, Operator: true,
		Nav: []NavItem{{ID: NavHome}, {ID: NavInbox, Count: 4}, {ID: NavLeads, Count: 3, Tone: NavWaits}, {ID: NavDeals, Count: 2, Tone: NavWaits}, {ID: NavPromotions, Count: 1, Tone: NavWaits}, {ID: NavFunds, Count: 1, Tone: NavWaits}, {ID: NavCustomers}, {ID: NavOrders, Count: 2, Tone: NavWrong}, {ID: NavInvoices}, {ID: NavApprovals, Count: 1, Tone: NavWaits}, {ID: NavCatalogue}, {ID: NavEDI, Count: 1, Tone: NavWaits}, {ID: NavConnections}, {ID: NavCertificates}, {ID: NavMaps}, {ID: NavRooms, Count: 5}, {ID: NavForum}, {ID: NavLibrary}, {ID: NavPartners}, {ID: NavPeople}, {ID: NavCompany}, {ID: NavMail}}}
}

// bare is what an empty page has: a person in one company who may open little.
func bare(lang locale.Language) Base {
	me := maya
	here := kestrel
	return Base{P: locale.New(lang, nil, now), Person: &me, Company: &here, Companies: []Company{kestrel}, Nav: []NavItem{{ID: NavHome}, {ID: NavInbox}}, Path: "/c/kestrel/"}
}

// open is a page of somebody who is not signed in.
func open(lang locale.Language) Base {
	return Base{P: locale.New(lang, nil, now), CSRF: "csrf-token", Path: "/signin"}
}

func done(words Text) Pips { return Pips{[4]Pip{PipOn, PipOn, PipOn, PipOn}, words} }

func options(on string, pairs ...string) []Option {
	var out []Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Option{Value: pairs[i], Label: Raw(pairs[i+1]), On: pairs[i] == on})
	}
	return out
}

func roles(on ...string) []Option {
	var out []Option
	for _, r := range []string{"admin", "manager", "sales", "buyer", "finance", "edi", "viewer"} {
		o := Option{Value: r, Label: T("role." + r)}
		for _, v := range on {
			o.On = o.On || v == r
		}
		out = append(out, o)
	}
	return out
}

func filters(url string) Filters {
	return Filters{URL: url, Placeholder: T("find.placeholder"), Dates: true, Active: true, ClearURL: url, Hidden: map[string]string{"view": "all"},
		Lists: []Filter{{Name: "state", Label: T("col.state"), Options: []Option{{Label: T("list.all")}, {Value: "received", Label: T("state.order.received"), On: true}}},
			{Name: "partner", Label: T("col.partner"), Options: []Option{{Label: T("list.all")}, {Value: "o2", Label: Raw("Aurelia Tools")}}}}}
}

func room(compact bool) *Room {
	return &Room{ID: "r1", URL: "/c/kestrel/rooms/r1", Title: T("order.title", "number", "4500187342"), Icon: "package", Companies: []string{"Kestrel Supply", "Aurelia Tools"}, Readers: []string{"Aurelia Tools"},
		People: []Person{dan, maya, tomas, ingrid, wen}, SubjectURL: "/c/kestrel/orders/1", Me: "p1", Epoch: "e1", After: 7, Read: 5, OlderURL: "?before=1", Key: "k9", Compact: compact, Latest: true, Draft: "begun", Crowd: "[]", Seen: []SeenBy{{Company: "Aurelia Tools", N: 2, Of: 3, Names: []string{"Ingrid Dahl", "李雯"}}},
		Pins: []Message{{Seq: 6, Author: tomas, Text: Raw("Old list price on line 2, our mistake."), URL: "/c/kestrel/rooms/r1?m=6"}},
		Messages: []Message{
			{Seq: 1, Event: true, Tone: Blue, Text: T("event.order.received", "number", "4500187342", "company", "Kestrel Supply"), Note: T("order.line_count", "n", 5), At: at(16, 9, 12)},
			{Seq: 2, Event: true, Tone: Amber, Text: T("event.order.partly_confirmed", "number", "4500187342", "company", "Aurelia Tools"), At: at(16, 9, 40), URL: "/c/kestrel/orders/1"},
			{Seq: 3, Author: ingrid, Text: Raw("The 40 batteries are on a boat. I can lend 20 from the Leeds demo pool so the crew can start."), At: at(16, 9, 41)},
			{Seq: 4, Removed: true, At: at(16, 10, 2)},
			{Seq: 5, Author: dan, Text: Raw("line 2 has the July price. Ours is 46.50 until 31 December. We approve the undisputed part and hold the rest."), At: at(19, 14, 31)},
			{Seq: 6, Author: tomas, Text: Raw("Old list price on line 2, our mistake. Credit note comes by EDI today."), At: at(19, 14, 52)},
			{Seq: 7, Author: wen, Text: Raw("7 月价目表已从映射规则中移除，以后不会再出现旧价格。"), At: at(24, 9, 18)},
			{Seq: 8, Author: dan, Mine: true, At: at(24, 9, 20), URL: "/c/kestrel/rooms/r1?m=8", Do: "/c/kestrel/rooms/r1/messages/8", Edited: true, Pinned: true, On: true, Answers: 2, Last: at(24, 9, 30),
				Parts: []Part{{Text: "@Tomás Vega", Mention: true}, {Text: " see "}, {Text: "https://kestrel.example/a", URL: "https://kestrel.example/a"}}, Reactions: []Chip{{Emoji: "👍", N: 2, Mine: true, Names: []string{"Dan Whitlock", "李雯"}}, {Emoji: "✅", N: 1}},
				Files: []FileLink{{Name: "offer.pdf", URL: "/c/kestrel/rooms/r1/files/f1", Size: 48211}, {Name: "850.edi", URL: "/c/kestrel/rooms/r1/files/f2", Inspect: "/c/kestrel/rooms/r1/files/f2/inspect", Size: 900, EDI: true}, {Name: "pallet.png", URL: "/c/kestrel/rooms/r1/files/f3", Image: "/c/kestrel/rooms/r1/files/f3?show=1", Size: 90_000}},
				Cards: []Card{{Key: "order:1", Icon: "package", Title: T("order.title", "number", "4500187342"), Facts: []Text{T("card.amount", "amount", Money{"48210.50", "GBP"}), T("card.on", "date", Date("2026-11-16"))}, URL: "/c/kestrel/orders/1", Status: Status{State: "order.confirmed"}}}},
			{Seq: 9, Author: tomas, At: at(24, 9, 30), URL: "/c/kestrel/rooms/r1?m=9", Parts: []Part{{Text: "Thank you"}}, Quote: &Quote{"Dan Whitlock", "@Tomás Vega see", "/c/kestrel/rooms/r1?m=8", false}},
			{Seq: 10, Removed: true, Gone: "Ingrid Dahl", At: at(24, 9, 40)},
		}}
}

// roomPane is a room with the pane of a message, or about the room.
func roomPane(about bool) *Room {
	r := room(false)
	if about {
		r.About = &About{Close: "/c/kestrel/rooms/r1", People: r.People, Levels: []Option{{Value: "all", Label: T("room.level.all"), On: true}, {Value: "none", Label: T("room.level.none")}}, Keeps: []Keep{{"Aurelia Tools", 365}, {"Kestrel Supply", 0}}, Days: 0, Hold: true, Admin: true, Export: "/c/kestrel/rooms/r1/export", Calls: CallPolicy{Relay: true, Can: true}, Bots: []BotRow{{"Price watch", "Kestrel Supply", at(24, 9, 18), "/c/kestrel/rooms/r1/bots/b1/end"}, {Name: "Build", Company: "Aurelia Tools"}}, Token: "ebot_x", Hook: "https://portal.example/api/v1/bots/ebot_x/messages"}
		return r
	}
	r.At, r.Latest = 8, false
	tasks := []TaskRow{{URL: "/c/kestrel/rooms/r1?m=8", Text: "Check the pallet", Owner: Person{ID: "p9", Name: "Dan Whitlock"}, Due: "2026-11-20", Late: true, DoURL: "/c/kestrel/rooms/r1/tasks/t1", DropURL: "/c/kestrel/rooms/r1/tasks/t1/remove", HandURL: "/c/kestrel/rooms/r1/tasks/t1/hand", Owners: []Option{{Value: "p9.o1", Label: Raw("Dan Whitlock"), On: true}, {Value: "p8.o2", Label: T("forum.by", "name", "Ingrid Dahl", "company", "Aurelia Tools")}}}, {URL: "/c/kestrel/rooms/r1?m=8", Owner: Person{ID: "p8", Name: "Ingrid Dahl", Company: "Aurelia Tools"}, Done: true, DoURL: "/c/kestrel/rooms/r1/tasks/t2"}}
	above := tasks[0]
	above.HandURL, above.Owners = "", nil // at the message alone
	r.Tasks = []TaskRow{above}
	r.Thread = &Thread{Root: r.Messages[7], Answers: r.Messages[8:9], Seen: r.Seen, MakeURL: "/c/kestrel/rooms/r1/messages/8/make", Made: []Making{{"lead", "Blades for Harrow", "/c/kestrel/leads/1"}, {"answer", "", "/c/kestrel/forum/topics/t1"}}, Tasks: tasks, Close: "/c/kestrel/rooms/r1", Edit: Form{Values: map[string]string{"text": "x"}}, CanEdit: true, CanRemove: true, CanAct: true, Emojis: []string{"👍", "✅"}}
	r.Messages = r.Messages[:7]
	return r
}

func orderLines() []OrderLine {
	ok := Status{State: "line.invoiced"}
	line := func(no int, name, sku, qty, price, amount string) OrderLine {
		c := Cell{Value: qty}
		return OrderLine{Number: no, Name: name, SKU: sku, Unit: "EA", Ordered: c, Confirmed: c, Shipped: c, Invoiced: c, Price: Cell{Value: price}, InvoicePrice: Cell{Value: price}, Amount: Cell{Value: amount}, InvoiceAmount: Cell{Value: amount}, Status: ok, Done: true}
	}
	two := line(2, "Grinder 125 mm", "AUR-G125", "160", "46.50", "7440.00")
	two.InvoicePrice, two.Difference, two.Bad, two.Done, two.Status = Cell{"48.90", true}, "+384.00", true, false, Status{State: "line.price_differs"}
	two.Notes = []Text{T("mark.price", "agreed", gbp("46.50"))}
	three := line(3, "Battery 5.0 Ah", "AUR-B50", "400", "31.20", "12480.00")
	three.Confirmed, three.Shipped, three.Invoiced, three.Difference, three.Bad, three.Done = Cell{"360", false}, Cell{"360", false}, Cell{"400", true}, "+1248.00", true, false
	three.Promised, three.Status = "2026-12-08", Status{State: "line.backordered"}
	three.Notes = []Text{T("mark.more_than_shipped", "quantity", Quantity{"40", "EA"})}
	six := OrderLine{Number: 6, Name: "KS-9041", SKU: "KS-9041", BuyerItem: "9041", Unit: "BX", Ordered: Cell{Value: "12"}, Price: Cell{"18.00", true}, Amount: Cell{Value: "216.00"}, UnknownItem: true, Bad: true, Status: Status{State: "line.unknown_item"}, Steps: []KV{{Label: T("pricestep.list"), Value: T("pricestep.by_list", "price", gbp("18.00"), "version", 3, "from", Date("2026-01-01"), "on", Date("2026-11-24")), URL: "/c/kestrel/catalogue/prices/1?version=3"}, {Label: T("pricestep.net"), Value: T("pricestep.net_is", "price", gbp("18.00"), "quantity", Quantity{"12", "BX"}, "amount", gbp("216.00"))}}, Notes: []Text{T("mark.unknown_item", "item", "KS-9041")}}
	return []OrderLine{line(1, "Drill 18 V brushless", "AUR-D18B", "240", "84.00", "20160.00"), two, three, line(4, "Bit set, 40 pieces", "AUR-BS40", "500", "9.80", "4900.00"), line(5, "Rotary hammer 26 mm", "AUR-H26", "60", "129.00", "7740.00"), six}
}

func orderPage(b Base) *OrderPage {
	return &OrderPage{Clock: &OrderClock{Late: true, Text: T("order.answer_was_due", "when", at(18, 9, 12)), Note: T("order.answer_note", "company", "Aurelia Tools")}, Base: b, URL: "/c/kestrel/orders/1", Number: "4500187342", PO: "4500187342", Status: Status{State: "order.differs"}, Buyer: kestrel, Supplier: aurelia, BuyerName: "Dan Whitlock", Placed: at(16, 9, 12), Requested: "2026-11-20", Revision: "4", Prices: true,
		Parties: []Party{{Role: "buyer", Name: "Kestrel Supply Ltd", Code: "KS-LEEDS", Lines: []string{"12 Whitehall Road", "Leeds LS1 4AW"}}, {Role: "ship_to", Name: "Kestrel DC Wakefield", Code: "KS-WKF1", Lines: []string{"Unit 4, Calder Park", "Wakefield WF2 7AZ"}, Known: T("location.known_as", "place", "Kestrel Wakefield 4711")}},
		Terms:   []KV{{Label: T("order.currency"), Value: Raw("GBP")}, {Label: T("order.terms"), Value: Raw("30 days net")}},
		Chain: []ChainStep{
			{Code: "850", At: at(16, 9, 12), Sent: true, Status: Status{"document.accepted", T("chain.accepted_in", "code", "997", "took", 38*time.Second)}, Figure: T("order.net", "amount", gbp("52712.00")), Pips: done(T("pips.accepted")), URL: "/c/kestrel/edi/1"},
			{Code: "855", At: at(16, 9, 40), Status: Status{"document.short", T("chain.short", "line", 3, "quantity", Quantity{"40", "EA"})}, Figure: Raw("360 / 400"), Pips: done(T("pips.accepted"))},
			{Code: "856", At: at(18, 17, 5), Status: Status{State: "document.received"}, Pips: done(T("pips.accepted"))},
			{Code: "810", At: at(19, 14, 20), Status: Status{"document.differs", T("order.differing", "n", 2)}, Figure: T("order.net", "amount", gbp("52096.00")), Pips: Pips{[4]Pip{PipOn, PipOn, PipOn, PipBad}, T("pips.refused")}},
			{Code: "820", Status: Status{State: "document.none"}, Todo: true},
		},
		Lines:     orderLines(),
		Totals:    OrderTotals{Currency: "GBP", Ordered: "52936.00", Confirmed: "51472.00", Invoiced: "52096.00", Difference: "+1632.00", Tax: gbp("10419.20"), Gross: gbp("62515.20"), TaxNote: T("order.tax_at", "rate", "20%"), Differing: 3, ShowConfirmed: true, ShowShipped: true, ShowInvoiced: true},
		Documents: []DocumentRow{{"850", T("document.850"), T("edi.we_send"), at(16, 9, 12), "/c/kestrel/edi/1"}, {"997", T("document.997"), T("state.edi.accepted"), at(16, 9, 13), "/c/kestrel/edi/2"}, {"855", T("document.855"), Text{}, at(16, 9, 40), "/c/kestrel/edi/3"}, {"810", Raw("INV-88213"), T("order.net", "amount", gbp("52096.00")), at(19, 14, 20), "/c/kestrel/edi/4"}},
		Findings:  []Finding{{No: 1, Severity: "finding.warning", Title: T("mark.unknown_item", "item", "KS-9041"), Place: Raw("PO107"), URL: "/c/kestrel/edi/1#pin-1"}},
		Activity:  []Entry{{Green, "check", "Ingrid Dahl", T("event.order.partly_confirmed", "number", "4500187342", "company", "Aurelia Tools"), "", at(16, 9, 40)}, {Blue, "package", "", T("event.order.received", "number", "4500187342", "company", "Kestrel Supply"), "/c/kestrel/edi/1", at(16, 9, 12)}},
		Room:      room(true), Can: OrderCan{Receive: true, Agree: true}, AgainURL: "/c/kestrel/orders/new?again=o1"}
}

func locationsPage(b Base, edit bool) Page {
	url := b.Prefix() + "/edi/connections/1"
	p := &LocationsPage{Base: b, Connection: connectionOf("locations", url, kestrel, "connection.ready"), Filters: Filters{URL: url + "/locations", Placeholder: T("location.search")}, Pager: Pager{Shown: 2, Total: -1}, Waiting: 2, CanEdit: edit, Opened: edit, Checked: edit,
		Form: Form{Values: map[string]string{"id": "p1", "name": "Kestrel DC Wakefield", "codes": "92:KS-WKF1"}, Errors: []FieldError{{"gln", T("location.gln_wrong", "Value", "123")}}},
		Rows: []LocationRow{{ID: "p1", Name: "Kestrel DC Wakefield", Address: "Unit 4, Calder Park, WF2 7AZ Wakefield, GB", Number: "4711", GLN: "5012345000015", Codes: []string{"92:KS-WKF1", "UL:5012345000015"}, Changed: at(24, 9, 12)}, {ID: "p2", Name: "Kestrel Leeds", Changed: at(23, 9, 12)}}}
	if edit {
		for i := range p.Rows {
			p.Rows[i].EditURL = url + "/locations?edit=p1#edit"
		}
	} else {
		p.Form = Form{}
	}
	return p
}

func workLines() []WorkLine {
	return []WorkLine{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Ordered: Quantity{"240", "EA"}, Open: Quantity{"240", "EA"}, Quantity: "240", Price: "84.00"}, {Number: 3, Name: "Battery 5.0 Ah", SKU: "AUR-B50", Ordered: Quantity{"400", "EA"}, Open: Quantity{"40", "EA"}, Quantity: "41", Price: "31.20", Error: T("error.more_than_open", "open", Quantity{"40", "EA"})}}
}

func confirmForm() *ConfirmForm {
	return &ConfirmForm{Form: Form{Errors: []FieldError{{"line.3.1.date", T("error.date")}}, Values: map[string]string{"line.3.1.date": "2026-11-02"}},
		Actions: []Option{{Value: "accept", Label: T("action.line.accept")}, {Value: "change", Label: T("action.line.change")}, {Value: "backorder", Label: T("action.line.backorder")}, {Value: "reject", Label: T("action.line.reject")}},
		Reasons: []Option{{Value: "discontinued", Label: T("reason.discontinued")}, {Value: "no_stock", Label: T("reason.no_stock")}},
		Lines: []ConfirmLine{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Ordered: Quantity{"240", "EA"}, Price: gbp("84.00"), Requested: "2026-11-20", Parts: []ConfirmPart{{Action: "accept", Quantity: "240", Date: "2026-11-20"}}},
			{Number: 3, Name: "Battery 5.0 Ah", SKU: "AUR-B50", Ordered: Quantity{"400", "EA"}, Price: gbp("31.20"), Notes: []Text{T("mark.price", "agreed", gbp("31.00"))}, Parts: []ConfirmPart{{Index: 0, Action: "change", Quantity: "360", Date: "2026-11-20"}, {Index: 1, Action: "backorder", Quantity: "40", Date: "2026-11-02"}}}}}
}

func withForm(b Base, what string) *OrderPage {
	p := orderPage(b)
	p.Lines, p.Totals, p.Status, p.Can = p.Lines[:3], OrderTotals{Currency: "GBP", Ordered: "40080.00"}, Status{State: "order.received"}, OrderCan{Confirm: true, Ship: true, Invoice: true}
	switch what {
	case "confirm":
		p.Confirm = confirmForm()
	case "ship":
		p.Ship = &ShipForm{Lines: workLines()}
	case "invoice":
		p.Invoice = &InvoiceForm{Currency: "GBP", TaxRates: options("20", "20", "20%", "0", "0%"), Lines: workLines(), Form: Form{Errors: []FieldError{{"release", T("trade.release_reason")}}}}
		p.Warnings = []SentWarning{{Code: "856", Number: "ASN-2291", At: at(24, 9, 12), Findings: []Text{T("check.found.pack_wrong", "Code", "340123450000000018")}}, {Code: "810", Number: "INV-88213", At: at(24, 9, 12), Findings: []Text{T("check.found.price", "Line", "20", "Item", "AUR-G125", "Now", "48.90", "Was", "46.50", "Unit", "EA")}, Reason: "agreed", By: "Ingrid Dahl"}}
	case "receive":
		p.Receive = &ReceiveForm{Lines: workLines()}
	case "place", "place-new":
		p.Status = Status{State: "order.held"}
		p.Place = &HeldPlace{Code: "92:KS-WKF1", Lines: []string{"Kestrel DC Wakefield", "WF2 7AZ Wakefield"}, Since: at(24, 9, 12), Owner: "Aurelia Tools", Others: 2, CanMap: true, CanRefuse: true, Ask: T("hold.location_refuse_ask", "number", "4500187342"), ListURL: "/c/aurelia/edi/connections/1/locations"}
		if what == "place" {
			p.Place.Known, p.Place.Guess, p.Place.More = []Option{{Value: "1", Label: Raw("Kestrel Wakefield · Unit 4, WF2 7AZ Wakefield, GB · 4711"), On: true}, {Value: "2", Label: Raw("Kestrel Leeds")}}, true, true
		} else {
			p.Place.Form = Form{Values: map[string]string{"name": "Kestrel"}, Errors: []FieldError{{"gln", T("location.gln_wrong", "Value", "123")}}}
		}
	case "change":
		p.Can = OrderCan{Change: true}
		p.Change = &ChangeForm{Prices: true, Fresh: []int{0, 1}, Form: Form{Errors: []FieldError{{"line.1.quantity", T("change.zero")}}}, Lines: []ChangeFormLine{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Now: T("change.stands_shipped", "ordered", Quantity{"240", "EA"}, "shipped", Quantity{"120", "EA"}), Quantity: "0", Price: "84.00", Date: "2026-11-20"}, {Number: 2, Name: "Angle grinder", SKU: "AUR-G125", Now: T("change.stands", "ordered", Quantity{"160", "EA"}), Quantity: "160", Price: "46.50", Cancel: true}}}
	case "return":
		p.Can = OrderCan{Return: true}
		p.Return = &ReturnForm{Form: Form{Errors: []FieldError{{"line.1.quantity", T("returns.over", "Line", 1, "Open", "4")}}}, Reasons: []Option{{Value: "DA", Label: T("return.reason.DA")}}, Lines: []ReturnFormLine{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Open: Quantity{"4", "EA"}, Quantity: "5", Reason: "DA"}}}
	case "blanket":
		p.Blanket = &BlanketBox{Own: true, Number: "KS-BL", URL: "/c/aurelia/orders/1", Valid: T("blanket.valid", "from", Date("2026-11-01"), "until", Date("2027-03-31")), Lines: []BlanketRow{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Unit: "EA", Agreed: "1000", Drawn: "1001", Left: "-1", Over: true}},
			CallOffs: []BlanketCall{{Number: "KS-BL / R1", URL: "/c/aurelia/orders/2", Date: "2026-11-22", Status: Status{State: "order.confirmed"}}}, More: true, CallURL: "/c/aurelia/orders/1/calloff", EndURL: "/c/aurelia/orders/1/blanket/close", Release: "2", Form: Form{Errors: []FieldError{{"release", T("form.missing")}}}}
	case "called":
		p.Blanket = &BlanketBox{Number: "KS-BL", URL: "/c/aurelia/orders/1", Valid: T("blanket.valid_until", "until", Date("2027-03-31")), Ended: T("blanket.ended", "when", at(24, 9, 12), "reason", "new contract"), Lines: []BlanketRow{{Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Agreed: "1000", Drawn: "400", Left: "600"}}, CallOffs: []BlanketCall{{Number: "KS-BL / R1", URL: "/c/aurelia/orders/2", This: true, Status: Status{State: "order.confirmed"}}}}
	case "returns":
		row := ReturnRow{Position: 1, Number: 1, Name: "Drill 18 V brushless", SKU: "AUR-D18B", Reason: T("return.reason.DA"), Quantity: "2", Figures: []KV{{Label: T("return.figure.asked"), Value: T("change.quantity", "quantity", Quantity{"2", "EA"})}}}
		for i, next := range []string{"decide", "arrive", "credit", ""} {
			state := State("return." + []string{"asked", "granted", "arrived", "refused"}[i])
			p.Returns = append(p.Returns, ReturnBox{URL: "/c/aurelia/orders/1/returns/1", ID: "r" + next, Number: "KS-R1", RMA: "RMA-1", Title: T("return.of", "company", "Kestrel Supply"), Note: "two are broken", Answer: "with the box", At: at(24, 9, 12), Status: Status{State: state}, Lines: []ReturnRow{row}, Next: next, Waits: T("return.waits_decision", "company", "Aurelia Tools")})
		}
	case "changed":
		row := ChangeRow{Position: 1, Number: "1", Name: "Drill 18 V brushless", SKU: "AUR-D18B", What: T("change.what.change"), Quantity: true, Diffs: []HeldDifference{{T("hold.field.quantity"), T("change.quantity", "quantity", Quantity{"240", "EA"}), T("change.quantity", "quantity", Quantity{"100", "EA"})}}, Notes: []Text{T("change.limit.quantity.shipped_already", "done", Quantity{"120", "EA"}, "left", Quantity{"120", "EA"})}}
		late, done := row, row
		late.Position, late.Late, late.Notes = 2, true, []Text{T("change.limit.none.shipped_already", "done", Quantity{"240", "EA"}, "left", Quantity{"240", "EA"})}
		done.Verdict, done.Notes = Status{State: "change.partly"}, []Text{T("change.because", "reason", T("change.reason.shipped_already")), T("change.left_at", "quantity", Quantity{"120", "EA"})}
		box := ChangeBox{URL: "/c/aurelia/orders/1/change/answer", BackURL: "/c/kestrel/orders/1/change/c1/withdraw", ID: "c1", Number: "OC-KESTREL-00001", Revision: "5", Title: T("change.of", "company", "Kestrel Supply"), Note: "by telephone", At: at(24, 9, 12), Due: T("change.waits_for", "company", "Aurelia Tools"), Status: Status{State: "change.open"}, Lines: []ChangeRow{row, late}, Reasons: []Option{{Value: "price", Label: T("reason.price")}}}
		read := box
		read.URL, read.ID = "", "c2"
		answered := box
		answered.ID, answered.Status, answered.Lines, answered.Due = "c3", Status{State: "change.partly"}, []ChangeRow{done}, T("change.answered_by", "who", "Ingrid Dahl", "when", at(24, 10, 0))
		second := box
		second.ID = "c4"
		p.Changes, p.Changed = []ChangeBox{box, second, read}, []ChangeBox{answered}
	case "held":
		p.Status = Status{State: "order.held"}
		p.Held = &Held{Reason: "duplicate", Text: T("hold.duplicate_text", "po", "4500187342"), Since: at(24, 9, 12), Owner: "Ingrid Dahl", OtherNumber: "4500187342", OtherURL: "/c/aurelia/orders/0", Answers: []HeldAnswer{AnswerNew, AnswerReplace, AnswerRefuse}, Differences: []HeldDifference{{T("hold.line_quantity", "line", 2), Raw("160"), Raw("180")}}}
	}
	return p
}

func messagePage(b Base, tab string) *MessagePage {
	seg := func(n int, tag string, parts ...RawPart) RawSegment {
		return RawSegment{Number: n, Tag: tag, Parts: parts, Envelope: n == 0}
	}
	bad := seg(5, "DTM", RawPart{Text: "*002*", Mark: false}, RawPart{Text: "20261131", Mark: true}, RawPart{Text: "~", Mark: false})
	bad.Selected, bad.Pins = true, []Pin{{1, Raw("DTM02: 31 November does not exist."), "AK403 8", Red}}
	asked := ExplainedElement{Ref: "DTM01", Name: Raw("Qualifier"), Value: "002", Meaning: Raw("Delivery requested"), At: "5.1", Caption: true}
	dtm := ExplainedSegment{Number: 5, Tag: "DTM", Name: Raw("Date or time"), At: "5", On: true, Body: true, Bad: true, Depth: 1, Loops: []DocumentLoop{{"PO1", Raw("Order line"), 1, 0}}, Caption: &asked, Elements: []ExplainedElement{asked, {Ref: "DTM02", Name: Raw("Date"), Value: "20261131", Meaning: Raw("Year 2026, month 11, day 31"), Bad: true, At: "5.2", On: true}}}
	p := &MessagePage{Base: b, SetBefore: "?set=1", SetAfter: "?set=3", URL: "/c/aurelia/edi/1", Type: "850", Partner: kestrel, Status: Status{"edi.rejected", T("message.finding_count", "n", 2)}, Tab: tab,
		Facts: []Text{Raw("PO 4500187519"), Raw("000004217"), Raw("X12 005010"), T("channel.api"), Raw("24 Nov 09:12:04")},
		Acks:  []AckStep{{T("document.TA1"), Status{"edi.none", T("state.edi.none")}}, {T("document.997"), Status{"edi.rejected", T("state.edi.rejected")}}, {T("message.made"), Status{State: "document.none"}}}, SetCount: 16,
		Inspect:  Inspect{View: "raw", Views: []Option{{Value: "raw", Label: T("inspect.raw"), On: true}, {Value: "tree", Label: T("inspect.tree")}, {Value: "form", Label: T("inspect.form")}}, URLs: []string{"?at=5.2", "?view=tree&at=5.2", "?view=form&at=5.2"}, Here: "?at=", At: "5.2", From: 1, To: 16, Total: 16, Later: "?at=90", Rows: []ExplainedSegment{dtm}, Chosen: &dtm, Truncated: true, Segments: []RawSegment{seg(0, "ISA", RawPart{Text: "*00*          *00*          *ZZ*KESTRELSUPPLY  *ZZ*AURELIATOOLS   *261124*0912*^*00501*000004217*0*P*>~", Mark: false}), seg(0, "GS", RawPart{Text: "*PO*KESTRELSUPPLY*AURELIATOOLS*20261124*0912*4217*X*005010~", Mark: false}), seg(1, "ST", RawPart{Text: "*850*0001~", Mark: false}), seg(2, "BEG", RawPart{Text: "*00*SA*4500187519**20261124~", Mark: false}), seg(3, "CUR", RawPart{Text: "*BY*GBP~", Mark: false}), seg(4, "REF", RawPart{Text: "*PD*PR-2026-017~", Mark: false}), bad, seg(6, "N1", RawPart{Text: "*BY*Kestrel Supply Ltd*92*KS-LEEDS~", Mark: false}), seg(7, "PO1", RawPart{Text: "*1*240*EA*84.00*PE*VP*AUR-D18B~", Mark: false}), seg(16, "SE", RawPart{Text: "*16*0001~", Mark: false}), seg(0, "IEA", RawPart{Text: "*1*000004217~", Mark: false})}},
		Findings: []Finding{{No: 1, Severity: "finding.error", Title: Raw("Requested delivery date cannot be read"), Place: Raw("Segment 5, DTM Date, element 2"), Body: Raw("November has 30 days."), Value: "20261131", Codes: []string{"AK3*DTM*5**8", "AK4*2*373*8*20261131"}, CodeNote: Raw("8: wrong date"), Rule: Raw("DTM02, CCYYMMDD"), RuleKey: "date.impossible", Fix: Raw("Send 20261130.")}},
		Plain:    []KV{{Label: T("party.buyer"), Value: Raw("Kestrel Supply Ltd, Leeds")}, {Label: T("party.ship_to"), Value: Raw("Kestrel DC Wakefield, WF2 7AZ")}},
		Answer:   []RawSegment{seg(1, "ST", RawPart{Text: "*997*0001~", Mark: false}), seg(2, "AK9", RawPart{Text: "*R*1*1*0~", Mark: false})}, AnswerURL: "/c/aurelia/edi/2",
		Attempts: []Attempt{{1, at(24, 9, 12), Status{State: "edi.processed"}, Raw("997"), 400 * time.Millisecond}}, Audit: []Entry{{Grey, "", "", T("event.message.received", "company", "Kestrel Supply"), "", at(24, 9, 12)}},
		DownloadURL: "/c/aurelia/edi/1/raw", SubjectURL: "/c/aurelia/orders/1", SubjectName: "4500187519", RoomURL: "/c/aurelia/rooms/r1",
		SetsURL: "/c/aurelia/edi/1/sets", SetNo: 2500, SetsAll: 3000, TabURL: "?set=2500&at=5.2&", Keep: "?set=2500&at=5.2", LongText: true}
	p.Share = &ShareBox{URL: "/c/aurelia/edi/1/shares", Position: 1, Fresh: "https://portal.example/shared/ABCDEFGHIJKLMNOPQRSTUVWXYZ", Days: options("7", "1", "1 day", "7", "7 days"), Form: Form{Values: map[string]string{"note": "Carrier in Leeds"}, Errors: []FieldError{{"days", T("share.days_wrong", "Most", 90)}}},
		Links: []ShareRow{{ID: "s1", Note: "Carrier in Leeds", By: "Tomás Vega", Position: 1, Made: at(24, 9, 12), Expires: at(28, 9, 12), Opened: 2, OpenedAt: at(24, 10, 0), Status: Status{State: "share.live"}, Holds: true}, {ID: "s2", By: "Tomás Vega", Position: 1, Made: at(24, 9, 12), Expires: at(24, 9, 12), Status: Status{State: "share.revoked"}}}}
	if p.Tab != "" && p.Tab != "explanation" {
		p.Inspect.Explain = "?set=2500&tab=explanation"
	}
	if tab == "attempts" {
		p.Held = &Held{Reason: "control_reused", Text: T("hold.control_reused_text"), Since: at(24, 9, 12), Answers: []HeldAnswer{AnswerProcess, AnswerDiscard}}
	}
	return p
}

// samples are the pages with something on them, by name.
func samples(lang locale.Language) map[string]Page {
	k, a := base(lang, kestrel), base(lang, aurelia)
	tokens := []TokenRow{{ID: "t1", Name: "ERP Leeds", Prefix: "ent_4f2a", Person: "Dan Whitlock", Scopes: []string{"edi:write", "orders:read"}, State: "token.active", Created: at(1, 8, 0), Used: at(24, 10, 1), Expires: at(30, 0, 0), CanRevoke: true}}
	moving := []MovingOrder{{"4500187610", "/o/1", Status{State: "order.confirmed"}, Pips{[4]Pip{PipOn, PipOn, PipNow, ""}, T("state.order.confirmed")}, "Aurelia Tools", "2026-12-01"}, {"4500187342", "/o/2", Status{State: "order.differs"}, Pips{[4]Pip{PipOn, PipOn, PipOn, PipBad}, T("state.order.differs")}, "Aurelia Tools", "2026-11-20"}}
	ids := []Identity{{ID: "i1", Kind: "X12", Value: "ZZ:KESTRELSUPPLY", State: "identity.confirmed", Confirmed: []Confirmation{{"Aurelia Tools", "Tomás Vega", at(2, 9, 0)}}}, {ID: "i2", Kind: "AS2", Value: "KESTREL-AS2", State: "identity.waiting", CanConfirm: true, CanRemove: true}}
	toasts := k
	toasts.Toasts = []Toast{{Text: T("said.saved")}, {Text: T("said.undone"), Bad: true}, {Text: T("said.saved"), UndoURL: "/undo"}}
	out := map[string]Page{
		"signin":        &SignInPage{Base: open(lang), Form: Form{Values: map[string]string{"email": "maya@kestrel.example"}, Errors: []FieldError{{"password", T("error.signin")}}}, Demo: []DemoAccount{{"Maya Osei", "Kestrel Supply", "maya@kestrel.example", "entente-demo-1"}, {"陈静", "华东五金", "chen@huadong.example", "entente-demo-1"}}},
		"setup":         &SetupPage{Base: open(lang), Token: "x", Currencies: options("GBP", "GBP", "GBP", "EUR", "EUR"), Zones: options("Europe/London", "Europe/London", "Europe/London"), Countries: options("GB", "GB", "GB")},
		"link":          &LinkPage{Base: open(lang), URL: "/link/abc", Purpose: LinkInvitation, Email: "dan@kestrel.example", CompanyName: "Kestrel Supply", InvitedBy: "Maya Osei", AskName: true, AskPassword: true, Expires: at(26, 9, 0)},
		"answer":        &AnswerPage{Base: open(lang), URL: "/answer/abc", OpenURL: "/c/kestrel/leads/offers/1", Title: Raw("Steel fabrication, Leeds"), CompanyName: "Kestrel Supply", Need: "Wants one cordless platform.", Facts: []KV{{Label: T("lead.from"), Value: Raw("Aurelia Tools")}}, Due: at(26, 9, 0), Reasons: []Option{{"", T("form.choose"), false}}, Accept: T("lead.accept"), AcceptText: T("lead.accept_text"), Refuse: T("lead.decline"), RefuseMore: T("lead.decline_more"), CanAnswer: true},
		"answer-order":  &AnswerPage{Base: open(lang), URL: "/answer/abc", OpenURL: "/c/aurelia/orders/1", Title: T("answer.order_title", "number", "4500187610", "company", "Kestrel Supply"), CompanyName: "Aurelia Tools", Facts: []KV{{Label: T("answer.line_no", "n", 1), Value: T("answer.line", "item", "AT-1200", "quantity", Quantity{Value: "12", Unit: "EA"}, "price", Money{Amount: "89.00", Currency: "GBP"})}}, Due: at(26, 9, 0), Accept: T("answer.confirm"), AcceptText: T("answer.confirm_text", "company", "Kestrel Supply"), CanAnswer: true},
		"answer-used":   &AnswerPage{Base: open(lang), URL: "/answer/abc", OpenURL: "/c/kestrel/promotions/seats/1", Title: Raw("Autumn platforms"), CompanyName: "Kestrel Supply", Done: "answer.done_promotion_accept", DoneAt: at(20, 9, 0)},
		"answer-done":   &AnswerPage{Base: open(lang), URL: "/answer/abc", OpenURL: "/c/kestrel/leads/offers/1", Title: Raw("Steel fabrication, Leeds"), CompanyName: "Kestrel Supply", Done: "answer.accepted"},
		"answer-stop":   &AnswerPage{Base: open(lang), URL: "/answer/abc", OpenURL: "/c/kestrel/profile", Title: T("answer.stop_title"), CompanyName: "Kestrel Supply", Stop: true},
		"link-dead":     &LinkPage{Base: open(lang), Dead: true},
		"link-address":  &LinkPage{Base: open(lang), URL: "/link/abc", Purpose: LinkAddress, Email: "dan@kestrel.example", Expires: at(26, 9, 0)},
		"link-password": &LinkPage{Base: open(lang), URL: "/link/abc", Purpose: LinkReset, Email: "dan@kestrel.example", AskPassword: true, Expires: at(26, 9, 0)},
		"home": &HomePage{Base: toasts, CanOrder: true, Running: 41, Moving: moving, Needs: []Need{{Title: T("need.confirm", "number", "4500187622", "company", "Kestrel Supply"), Sub: T("order.net", "amount", gbp("51712.00")), URL: "/o/1", Action: T("order.confirm"), Since: at(23, 10, 0), Due: at(24, 13, 12)}, {Tone: Red, Icon: "package-off", Title: T("need.refused", "number", "4500187519"), Sub: Raw("DTM02"), URL: "/o/2", Action: T("action.open"), Since: at(24, 9, 12)}, {Tone: Red, Icon: "file-invoice", Title: T("need.differs", "invoice", "INV-88213", "number", "4500187342"), Sub: T("need.difference", "amount", gbp("1632.00")), URL: "/o/3", Action: T("action.compare"), Since: at(24, 9, 12)}, {Title: T("need.confirm", "number", "4500187624", "company", "Kestrel Supply"), Sub: T("order.net", "amount", gbp("8120.00")), URL: "/o/1", Action: T("order.confirm"), Since: at(24, 8, 0), Due: at(26, 9, 12)}},
			Rooms: []RoomRow{{ID: "r1", URL: "/r/1", Title: T("order.title", "number", "4500187342"), Icon: "package", Last: Raw("I have flagged line 2 to their finance"), Author: "Dan Whitlock", At: at(24, 9, 20), Unread: 2}}, Start: []KV{{Label: T("start.people"), Value: T("start.people_text"), URL: "/c/kestrel/people"}}},
		"inbox": inboxSample(k), "inbox-snoozed": inboxPile(k, "snoozed"), "inbox-done": inboxPile(k, "done"),
		"find":          &FindPage{Base: k, URL: "/c/kestrel/find", Query: "4500187", Hits: []Hit{{"package", T("order.title", "number", "4500187342"), Raw("Aurelia Tools"), "/o/1", &Status{State: "order.differs"}}, {"file-code", Raw("850 000004217"), Text{}, "/e/1", nil}}},
		"catalogue":     &CataloguePage{Base: k, Filters: filters("/c/kestrel/catalogue"), Currencies: []string{"GBP", "EUR", "CNY"}, Pager: Pager{Shown: 2, Total: 40}, Products: []ProductRow{{SKU: "AUR-D18B", Name: "Drill 18 V brushless", GTIN: "7391234500019", Family: Raw("Cordless"), Unit: "EA", Pack: Raw("4 × 6"), Prices: []Money{gbp("84.00"), {"98.00", "EUR"}, {"765.00", "CNY"}}, OrderURL: "/c/kestrel/orders/new?sku=AUR-D18B"}, {SKU: "AUR-G125", Name: "Grinder 125 mm", Family: Raw("Corded"), Unit: "BX", Supplier: "Aurelia Tools", Prices: []Money{gbp("46.50"), {}, {"425.00", "CNY"}}}}},
		"orders":        &OrdersPage{Base: k, Prices: true, CanOrder: true, Tabs: []Tab{{T("list.all"), "?", 2412, true}, {T("orders.waiting"), "?view=waiting", 3, false}, {T("orders.differs"), "?view=differs", 2, false}}, Filters: filters("/c/kestrel/orders"), Pager: Pager{Shown: 50, Total: 2412, Next: "?after=x"}, Rows: []OrderRow{{URL: "/c/kestrel/orders/1", Number: "4500187342", PO: "4500187342", Partner: aurelia, Placed: at(16, 9, 12), Requested: "2026-11-20", Lines: 5, Total: gbp("51712.00"), Status: Status{State: "order.differs"}, Note: T("order.differing", "n", 2), Pips: Pips{[4]Pip{PipOn, PipOn, PipOn, PipBad}, T("pips.refused")}, Unread: 2}, {URL: "/c/kestrel/orders/2", Number: "4500187622", Partner: huadong, Placed: at(24, 10, 12), Lines: 1, Total: Money{"15320.00", "CNY"}, Status: Status{State: "order.received"}, Pips: Pips{[4]Pip{PipOn, PipOn, PipWait, ""}, T("pips.waiting")}, Waits: true}, {URL: "/c/kestrel/orders/3", Number: "BT-2207", Partner: baltic, Placed: at(23, 10, 12), Lines: 14, Total: Money{"9120.50", "EUR"}, Status: Status{State: "order.closed"}, Pips: done(T("pips.accepted"))}}},
		"order":         orderPage(k),
		"order-confirm": withForm(a, "confirm"), "order-ship": withForm(a, "ship"), "order-invoice": withForm(a, "invoice"), "order-receive": withForm(k, "receive"), "order-held": withForm(a, "held"), "order-change": withForm(k, "change"), "order-return": withForm(k, "return"), "order-returns": withForm(a, "returns"), "order-blanket": withForm(k, "blanket"), "order-called": withForm(a, "called"), "order-changed": withForm(a, "changed"), "order-place": withForm(a, "place"), "order-place-new": withForm(a, "place-new"),
		"order-new": &NewOrderPage{Base: k, URL: "/c/kestrel/orders/new", Form: Form{Errors: []FieldError{{"line.1.sku", T("error.unknown_sku", "sku", "AUR-XX")}}}, Partners: options("o2", "o2", "Aurelia Tools"), Countries: options("GB", "GB", "United Kingdom"), Lines: []NewOrderLine{{Index: 0, SKU: "AUR-D18B", Quantity: "24", Name: "Drill 18 V brushless", PriceUnit: "EA", Unit: "EA", Price: "80", Date: "2026-12-20", Units: options("EA", "EA", "pcs", "CA", "cases"), ListPrice: gbp("84.00"), Amount: gbp("2016.00"), Notes: []Text{T("mark.discontinued")}}, {Index: 1, SKU: "AUR-XX", Quantity: "1"}}, Told: []Text{T("order_new.again", "number", "KES-1")}, Products: []ProductRow{{SKU: "AUR-D18B", Name: "Drill 18 V brushless"}}, Total: gbp("2016.00")},
		"invoices":  &InvoicesPage{Base: k, Filters: filters("/c/kestrel/invoices"), Pager: Pager{Shown: 1, Total: -1}, Rows: []InvoiceRow{{"/c/kestrel/orders/1", "INV-88213", "4500187342", "/c/kestrel/orders/1", aurelia, "2026-11-19", "2026-12-19", gbp("52096.00"), gbp("62515.20"), Status{State: "invoice.differs"}, T("need.difference", "amount", gbp("1632.00"))}}},
		"edi-sets":  &SetsPage{Base: a, URL: "/c/aurelia/edi/1", Type: "850", Partner: kestrel, Control: "000004217", Tabs: []Tab{{T("list.all"), "?", 3000, true}, {T("state.edi.rejected"), "?result=rejected", 1, false}}, Filters: filters("/c/aurelia/edi/1/sets"), Pager: Pager{Shown: 2, Total: 3000, Next: "?after=2"}, Rows: []SetRow{{"/c/aurelia/edi/1?set=1", 1, "850", "4500187519", "0001", 42, Status{State: "edi.accepted"}, Status{State: "edi.booked"}, "/c/aurelia/orders/1", Text{}, 0}, {"/c/aurelia/edi/1?set=2", 2, "850", "", "0002", 0, Status{State: "edi.rejected"}, Status{State: "edi.refused"}, "", Raw("Requested delivery date cannot be read."), 3}}},
		"edi":       &MessagesPage{Base: a, Tabs: []Tab{{T("list.all"), "?", -1, true}, {T("edi.failed"), "?view=failed", 1, false}}, Filters: filters("/c/aurelia/edi"), Pager: Pager{Shown: 2, Total: 118, Next: "?after=2"}, Rows: []MessageRow{{"/c/aurelia/edi/1", false, kestrel, []string{"850"}, "4500187519", "000004217", T("channel.api"), at(24, 9, 12), Status{"edi.rejected", T("message.finding_count", "n", 2)}, Pips{[4]Pip{PipOn, PipOn, PipOn, PipBad}, T("pips.refused")}, 400 * time.Millisecond}, {"/c/aurelia/edi/2", true, kestrel, []string{"997"}, "", "000000311", T("channel.outbox"), at(24, 9, 12), Status{State: "edi.waiting"}, Pips{[4]Pip{PipOn, PipWait, "", ""}, T("pips.waiting")}, 0}}},
		"message":   messagePage(a, ""), "message-answer": messagePage(a, "answer"), "message-attempts": messagePage(a, "attempts"), "message-audit": messagePage(a, "audit"), "message-share": messagePage(a, "share"), "shared": sharedPage(lang), "shared-gone": &SharedPage{Base: open(lang), Gone: true},
		"certificates": certificatesPage(a), "maps": mapsPage(a),
		"connections": connectionsPage(a), "connection": connectionPage(a, true), "connection-theirs": connectionPage(k, false), "bench": benchPage(a, true), "bench-clean": benchPage(k, false), "sheet": sheetPage(a), "form_preview": formPreviewPage(a, false), "form_preview-table": formPreviewPage(k, true), "form_send": formSendPage(k), "upload": uploadPage(k), "hooks": hooksPage(k), "hook": hookPage(k), "agreement": agreementPage(a, false), "agreement-theirs": agreementPage(k, true), "agreement-none": &AgreementPage{Base: a, Connection: connectionOf("agreement", "/c/aurelia/edi/connections/1", kestrel, "connection.partly"), ProposeURL: "/c/aurelia/edi/connections/1/agreement/propose"}, "agreement_form": agreementFormPage(a), "locations": locationsPage(a, true), "locations-theirs": locationsPage(k, false), "message-as2": carriedPage(a),
		"wizard-partner": wizardPage(a, "partner", true), "wizard-ids": wizardPage(a, "ids", true), "wizard-confirm": wizardPage(a, "confirm", true), "wizard-way": wizardPage(a, "way", true), "wizard-test": wizardPage(a, "test", true), "wizard-live": wizardPage(a, "live", true),
		"wizard-ids-theirs": wizardPage(k, "ids", false), "wizard-way-theirs": wizardPage(k, "way", false), "wizard-test-theirs": wizardPage(k, "test", false), "wizard-live-theirs": wizardPage(k, "live", false),
		"partners": &PartnersPage{Base: a, Rows: []PartnerRow{{"/c/aurelia/partners/1", kestrel, "reseller", "partner.active", "GBP", 4, 2, at(24, 9, 12), 3}, {"/c/aurelia/partners/2", huadong, "reseller", "partner.active", "CNY", 1, 0, at(22, 9, 12), 0}}},
		"partner": &PartnerPage{Scores: []PartnerScore{{"sell-through", T("nav.sellthrough"), []KV{{Label: T("score.gaps"), Value: Raw("1")}, {Label: T("score.last"), Value: T("sell.span", "from", Date("2026-10-01"), "to", Date("2026-10-31"))}}, "/c/kestrel/sell-through/coverage#p-1", T("sell.tab.coverage")}}, Checks: &CheckSetting{Editable: true, Rows: []SendCheckRow{{"check.price", T("check.rule.price"), options("stop", "off", "Do not check", "warn", "Warn", "stop", "Stop")}}}, Answer: &AnswerSetting{Form: Form{Values: map[string]string{"answer_hours": "16"}}, Hours: 16, Ours: true, Editable: true, Calendar: "/c/aurelia/company/calendar"}, Clock: &ClockSetting{Form: Form{Values: map[string]string{"hours": "24", "receipt_hours": "4"}, Errors: []FieldError{{"hours", T("edi.patience_range", "Most", 720)}}}, Editable: true}, Base: a, URL: "/c/aurelia/partners/1", Company: kestrel, Side: "reseller", State: "partner.active", Facts: []KV{{Label: T("order.currency"), Value: Raw("GBP")}}, Mine: []Person{ingrid, tomas}, Theirs: []Person{maya, dan}, Identities: ids, OurIDs: ids[:1], Orders: moving, Room: room(true),
			Settings: &PartnerSettings{Editable: true, Form: Form{Values: map[string]string{"price_tolerance": "0.5", "response_days": "2"}}, Rows: []PartnerRoute{{Set: "855", Out: true, Channel: options("outbox", "outbox", "Outbox", "pages", "Pages")}, {Set: "850", Channel: options("api", "api", "API"), Ack: options("gateway", "gateway", "Gateway")}}}},
		"people":      &PeoplePage{Base: k, URL: "/c/kestrel/people", Roles: roles("buyer"), Manage: true, Link: &OneTimeLink{"https://portal.example/link/7f3k", "Dan Whitlock", "dan@kestrel.example", LinkReset, at(26, 9, 0)}, People: []MemberRow{{Person: maya, Email: "maya@kestrel.example", Roles: roles("admin", "sales"), State: "person.active", Seen: at(24, 10, 30), Self: true, Editable: true}, {Person: dan, Email: "dan@kestrel.example", Roles: roles("buyer", "finance"), State: "person.active", Seen: at(24, 9, 0), CanLink: true, Editable: true}, {Person: Person{ID: "p9", Name: "Priya Nair"}, Email: "priya@kestrel.example", Roles: roles(), State: "person.deactivated", Editable: true}}},
		"company":     &CompanyPage{Calendar: "/c/kestrel/company/calendar", Base: k, URL: "/c/kestrel/company", Profile: Form{Values: map[string]string{"name": "Kestrel Supply"}}, Countries: options("GB", "GB", "United Kingdom"), Currencies: options("GBP", "GBP", "GBP"), Zones: options("Europe/London", "Europe/London", "Europe/London"), Identities: ids, Kinds: options("x12", "x12", "X12", "edifact", "EDIFACT"), Tokens: tokens, Scopes: options("edi:write", "edi:read", "edi:read", "edi:write", "edi:write", "orders:read", "orders:read"), Days: options("90", "90", "90"), Secret: "ent_4f2a9c0b1d2e3f", Manage: true, CanToken: true, Logo: &Logo{"/c/kestrel/logos/1?v=x", "Kestrel Supply", 320, 80}},
		"profile":     &ProfilePage{Notices: &NoticeChoice{Form: Form{Values: map[string]string{"quiet_from": "22:00"}, Errors: []FieldError{{"quiet_to", T("notice.hour_wrong")}}}, Modes: []Option{{"urgent", T("mailmode.urgent"), true}, {"never", T("mailmode.never"), false}}, Topics: []TopicChoice{{"order", T("topic.order"), true, false, true}, {"forum", T("topic.forum"), false, true, false}}, PushKey: "BP4z", PushURL: "/c/kestrel/profile/push", Worker: "/static/js/push.js", Devices: []PushDevice{{"Firefox, Android", at(20, 9, 0), "/c/kestrel/profile/push/d1/remove"}}}, Absence: &AbsenceForm{Covers: []Option{{"", T("absence.nobody"), true}, {"p", Raw("Dan Whitlock"), false}}, Rows: []AbsenceRow{{"a", "2026-12-01", "2026-12-04", "Dan Whitlock", true}, {"b", "2026-12-21", "2026-12-31", "", false}}}, Base: k, URL: "/c/kestrel/profile", Email: "maya@kestrel.example", Name: Form{Values: map[string]string{"name": "Maya Osei"}}, Languages: []Option{{"en", T("language.en"), true}, {"zh-CN", T("language.zh-CN"), false}}, Themes: []Option{{"system", T("theme.system"), true}, {"light", T("theme.light"), false}, {"dark", T("theme.dark"), false}}, Zones: options("Europe/London", "Europe/London", "Europe/London"), Sessions: []SessionRow{{"s1", "Firefox 132, Linux", "203.0.113.7", at(24, 8, 0), at(24, 10, 30), true}, {"s2", "Safari, iPhone", "203.0.113.9", at(20, 8, 0), at(23, 10, 30), false}}, Tokens: tokens, Password: Form{Errors: []FieldError{{"password", T("error.password_short")}}}},
		"rooms":       &RoomsPage{Base: k, Groups: roomGroups(false), NewURL: "/c/kestrel/rooms/new"},
		"room-holds":  &HoldsPage{Base: k, BackURL: "/c/kestrel/rooms", Rows: []HoldRow{{URL: "/c/kestrel/rooms/r1", Title: "4500187342", Reason: "Dispute over INV-88213", By: "Maya Osei", ExportURL: "/c/kestrel/rooms/r1/export", ReleaseURL: "/c/kestrel/rooms/r1/release"}, {Reason: "Dispute", By: "Maya Osei", Left: now, ExportURL: "/c/kestrel/rooms/r2/export", ReleaseURL: "/c/kestrel/rooms/r2/release"}}, Pager: Pager{Shown: 2, Total: -1, Next: "?after=x"}},
		"make-of":     &MakePage{Base: k, URL: "/c/kestrel/rooms/r1/messages/8/make", BackURL: "/c/kestrel/rooms/r1?m=8", Text: "[…] needs a blade\n\nUse 9 mm.", LeadURL: "/c/kestrel/leads/new?from=r1.8", TopicURL: "/c/kestrel/forum/new?from=r1.8", Task: &TaskForm{URL: "/c/kestrel/rooms/r1/messages/8/task", Key: "k1", Form: Form{Errors: []FieldError{{"due", T("form.date_wrong")}}}, Owners: []Option{{Value: "p9.o1", Label: Raw("Dan Whitlock"), On: true}}}, Query: "blade", Cases: []CaseLink{{Label: T("make.return_do", "number", "4500187342"), Icon: "package-import", URL: "/c/kestrel/orders/1/return?from=r1.8"}}, Topics: []TopicRow{{URL: "/c/kestrel/forum/topics/t1?from=r1.8#reply", Title: "Which blade?", Replies: 2}}},
		"room-form":   &RoomFormPage{Base: k, URL: "/c/kestrel/rooms", Form: Form{Values: map[string]string{"title": "Fair in Leeds"}, Note: T("room.keep_differs", "Ours", 0, "Theirs", 30)}, Partners: options("1", "", "Only my company", "1", "Aurelia Tools"), People: options("2", "2", "Dan Whitlock")},
		"room-free":   &RoomsPage{Base: k, Groups: roomGroups(true), Room: freeRoom(roomPane(true))},
		"room-file":   &RoomFilePage{Base: k, Name: "812-INV-88213-test.edi", BackURL: "/c/kestrel/rooms/r1", DownloadURL: "/c/kestrel/rooms/r1/files/f1", Size: 1100, SetNo: 2, SetBefore: "?set=1", SetAfter: "?set=3", Inspect: unpinned(messagePage(k, "").Inspect)},
		"room":        &RoomsPage{Base: k, Groups: roomGroups(true), Room: room(false)},
		"room-thread": &RoomsPage{Base: k, Groups: roomGroups(true), Room: roomPane(false)}, "room-about": &RoomsPage{Base: k, Groups: roomGroups(true), Room: roomPane(true)},
		"call":        &CallPage{Base: k, Room: room(true)},
		"rooms-found": &RoomsPage{Base: k, Query: "价目", Found: []FoundRow{{"/c/kestrel/rooms/r1?m=7", T("order.title", "number", "4500187342"), wen, "7 月价目表已从映射规则中移除", at(24, 9, 18)}}, More: "/c/kestrel/rooms?q=x&after=y"}, "rooms-nothing": &RoomsPage{Base: k, Query: "nothing"},
		"mail":     &OutboxPage{Base: k, Rows: []MailRow{{"/c/kestrel/mail/1", "dan@kestrel.example", "Kestrel Supply", at(24, 9, 0), "mail.kept"}}, Pager: Pager{Shown: 1, Total: 1}, Came: []AnswerRow{{"Maya Osei", T("mailin.kind.chat"), "mailin.posted", Text{}, at(24, 9, 0)}, {"Dan Whitlock", T("mailin.kind.topic"), "mailin.refused", T("mailin.refused.sender"), at(24, 8, 0)}}},
		"mail-one": &MailPage{Base: k, Mail: MailRow{"", "dan@kestrel.example", "Kestrel Supply", at(24, 9, 0), "mail.kept"}, Text: "Hello Dan\n\nhttps://portal.example/link/7f3k\n"},
		"platform": &PlatformPage{Base: k, URL: "/platform", Checks: []Check{{T("platform.check.database"), "check.ok", Raw("SQLite")}, {T("platform.check.jobs"), "check.failed", Text{}}}, Facts: []KV{{Label: T("platform.version"), Value: Raw("0.1.0")}}, Companies: []PlatformCompany{{"o1", "Kestrel Supply", "kestrel", 2, at(1, 9, 0)}}, Jobs: []Tally{{"job.available", 3, 2 * time.Second}, {"job.retryable", 1, time.Hour}}, Events: []Tally{{"delivery.due", 2, time.Second}}, Messages: []Tally{{"edi.processed", 4012, 0}, {"edi.held", 1, 26 * time.Hour}}, Parked: []ParkedRow{{"d1", "notify", "trade.OrderReceived", "Kestrel Supply", 8, at(24, 9, 0), "internal"}}},
		"monitor":  monitorSample(k),
		"replies": &RepliesPage{Base: k, Rows: []ReplyBox{
			{URL: "/c/kestrel/edi/replies/1", Code: "856", Number: "ASN-2291", Partner: aurelia, Status: Status{State: "edi.held"}, Reason: T("trade.doubt.ships_more", "Line", "30", "Item", "AUR-B50", "Quantity", "420", "Unit", "EA", "Open", "400"), Next: T("reply.next.mend"), Owner: "Aurelia Tools", Order: "4500187342", OrderURL: "/c/kestrel/orders/1", MessageURL: "/c/kestrel/edi/1", At: at(24, 9, 12), CanDecide: true},
			{URL: "/c/aurelia/edi/replies/3", Code: "810", Number: "INV-88214", Partner: kestrel, Status: Status{State: "edi.held"}, Reason: T("trade.doubt.checks", "Count", "1"), Next: T("reply.next.checks"), Findings: []Text{T("check.found.price", "Line", "20", "Item", "AUR-G125", "Now", "48.90", "Was", "46.50", "Unit", "EA")}, Owner: "Aurelia Tools", Order: "4500187342", OrderURL: "/c/aurelia/orders/1", At: at(24, 9, 12), CanDecide: true, CanRelease: true},
			{URL: "/c/kestrel/edi/replies/2", Code: "855", Partner: aurelia, Status: Status{State: "edi.waiting_order"}, Reason: T("trade.doubt.order_unknown", "Order", "4500187999"), Next: T("reply.next.waiting"), Order: "4500187999", At: at(24, 9, 12), Due: at(26, 9, 12)},
		}},
		"calendar": &CalendarPage{Base: k, URL: "/c/kestrel/company/calendar", Version: "3", Zone: "Europe/London", Country: Raw("United Kingdom"), Public: true, Manage: true, By: "Maya Osei", Changed: at(24, 9, 12),
			Week:    Form{Values: map[string]string{"day1": "09:00-17:00", "day2": "9-"}, Errors: []FieldError{{"day2", T("calendar.hours_wrong")}}},
			Weekday: []WeekdayRow{{Field: "day1"}, {Field: "day2"}, {Field: "day3"}, {Field: "day4"}, {Field: "day5"}, {Field: "day6"}, {Field: "day0"}},
			Days:    []CalendarDay{{"2026-12-24", Raw("Inventory"), Raw("09:00-12:00"), false}}, Holiday: []CalendarDay{{"2026-12-25", T("holiday.christmas"), T("calendar.closed"), true}},
			Kinds: []Option{{"off", T("calendar.kind.off"), true}, {"hours", T("calendar.kind.hours"), false}, {"work", T("calendar.kind.work"), false}}},
		"message-late": &MessagePage{Base: k, URL: "/c/kestrel/edi/1", Type: "855", Out: true, Partner: aurelia, Status: Status{State: "edi.overdue"}, ProofURL: "/c/kestrel/edi/1/proof.zip", Wait: &AckWait{Title: T("monitor.late_by", "code", "997", "duration", 3*time.Hour), Text: T("monitor.arrived", "type", "855", "code", "997", "due", at(23, 9, 0)), Note: T("monitor.asked", "when", at(23, 12, 0)), CanAsk: true, CanConfirm: true, CanResend: true}, Deeds: Deeds{Resend: true, Reprocess: true, Hold: true, Release: true}},
		"help":         &HelpPage{Base: k, Articles: []HelpLink{{"/help/orders", "Orders", "From the order to the invoice", "", false}}},
		"help-one":     &HelpPage{Base: k, Title: "Orders", HTML: template.HTML("<h1>Orders</h1><p>An order is <code>850</code>.</p><h2>Answer</h2><pre><code>ISA*00~</code></pre><table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"), Articles: []HelpLink{{"/help/orders", "Orders", "", "", true}, {"/help/edi", "EDI", "", "", false}}},
		"api":          &APIPage{Base: open(lang), Version: "1.0", SpecURL: "/api/openapi.json", Groups: []APIGroup{{"EDI", "edi", []Endpoint{{"POST", "/api/v1/edi/interchanges", "Send interchanges", "The body is raw X12.", "edi:write", []Param{{"Idempotency-Key", "header", "string", "same key, same answer", false}, {"id", "path", "string", "the interchange", true}}, "ISA*00*…", []Answer{{"202", "durable"}, {"422", "refused"}}}}}}},
		"error-403":    &ErrorPage{Base: k, Status: 403},
		"error-404":    &ErrorPage{Base: k, Status: 404, BackURL: "/c/kestrel/orders"},
		"error-409":    &ErrorPage{Base: k, Status: 409, Was: Raw("160"), Now: Raw("180"), Code: "conflict"},
		"error-422":    &ErrorPage{Base: k, Status: 422},
		"error-429":    &ErrorPage{Base: k, Status: 429, Retry: 40 * time.Second},
		"error-413":    &ErrorPage{Base: k, Status: 413},
		"error-503":    &ErrorPage{Base: k, Status: 503},
		"error-500":    &ErrorPage{Base: open(lang), Status: 500, Reference: "req-0a1b"},
		"offline":      &OfflinePage{Base: open(lang)},
	}
	maps.Copy(out, leadSamples(k, a))
	maps.Copy(out, promoSamples(k, a))
	maps.Copy(out, fileSamples(k, a))
	maps.Copy(out, settleSamples(k, a))
	maps.Copy(out, fundSamples(k, a))
	maps.Copy(out, dealSamples(k, a))
	maps.Copy(out, quoteSamples(k, a))
	maps.Copy(out, engageSamples(k, a))
	maps.Copy(out, mappingSamples(k))
	maps.Copy(out, approvalSamples(k, a))
	return out
}

func roomGroups(on bool) []RoomGroup {
	return []RoomGroup{{T("rooms.orders"), []RoomRow{{ID: "r1", URL: "/c/kestrel/rooms/r1", Title: T("order.title", "number", "4500187342"), Icon: "package", Last: Raw("7 月价目表已从映射规则中移除"), Author: "李雯", At: at(24, 9, 18), Unread: 2, On: on}, {ID: "r2", URL: "/c/kestrel/rooms/r2", Title: T("order.title", "number", "4500187588"), Icon: "package", At: at(20, 9, 20)}}}, {T("rooms.partners"), []RoomRow{{ID: "r3", URL: "/c/kestrel/rooms/r3", Title: Raw("Aurelia Tools"), Icon: "hash", Last: T("event.order.confirmed", "number", "4500187610", "company", "Aurelia Tools"), At: at(18, 9, 20)}}}}
}

// empties are the same pages with nothing on them, as they are on the first day.
func empties(lang locale.Language) map[string]Page {
	b := bare(lang)
	quiet := Filters{Placeholder: T("find.placeholder")}
	out := map[string]Page{
		"signin": &SignInPage{Base: open(lang)}, "setup": &SetupPage{Base: open(lang)}, "link": &LinkPage{Base: open(lang), URL: "/link/x", Purpose: LinkFirst}, "answer": &AnswerPage{Base: open(lang), Title: T("answer.stop_title")},
		"home": &HomePage{Base: b}, "inbox": &InboxPage{Base: b}, "find": &FindPage{Base: b}, "find-nothing": &FindPage{Base: b, Query: "zzz"}, "catalogue": &CataloguePage{Base: b, Filters: quiet}, "catalogue-nothing": &CataloguePage{Base: b, Filters: filters("/x")},
		"orders": &OrdersPage{Base: b, Filters: quiet}, "orders-nothing": &OrdersPage{Base: b, Filters: filters("/x")}, "order": &OrderPage{Base: b, Room: &Room{ID: "r", ReadOnly: true}}, "order-new": &NewOrderPage{Base: b}, "invoices": &InvoicesPage{Base: b, Filters: quiet}, "invoices-nothing": &InvoicesPage{Base: b, Filters: filters("/x")},
		"monitor": &MonitorPage{Base: b}, "calendar": &CalendarPage{Base: b},
		"replies":      &RepliesPage{Base: b},
		"certificates": &CertificatesPage{Base: b}, "certificates-ending": &CertificatesPage{Base: b, Ending: true}, "maps": &MapsPage{Base: b, RulesURL: "/c/kestrel/company/approvals"}, "shared": &SharedPage{Base: open(b.P.Language())},
		"edi": &MessagesPage{Base: b, Filters: quiet}, "edi-nothing": &MessagesPage{Base: b, Filters: filters("/x")}, "edi-sets": &SetsPage{Base: b, Out: true, Filters: quiet}, "message": &MessagePage{Base: b, Out: true}, "message-attempts": &MessagePage{Base: b, Tab: "attempts"}, "message-audit": &MessagePage{Base: b, Tab: "audit"},
		"wizard-partner": &WizardPage{Base: b, Step: "partner"}, "wizard-ids": &WizardPage{Base: b, Step: "ids"}, "wizard-confirm": &WizardPage{Base: b, Step: "confirm"}, "wizard-way": &WizardPage{Base: b, Step: "way"}, "wizard-test": &WizardPage{Base: b, Step: "test", Test: &WizardTest{}}, "wizard-live": &WizardPage{Base: b, Step: "live"},
		"connections": &ConnectionsPage{Base: b}, "connections-partners": &ConnectionsPage{Base: b, PartnersURL: "/c/kestrel/partners"}, "connection": &ConnectionPage{Base: b, Stations: []Station{{Mine: true}, {}}}, "bench": &BenchPage{Base: b}, "bench-result": &BenchPage{Base: b, Result: &BenchResult{}}, "sheet": &SheetPage{Base: b}, "form_preview": &FormPreviewPage{Base: b}, "form_preview-refused": &FormPreviewPage{Base: b, Refused: T("edi.doc.no_ubl")}, "form_send": &FormSendPage{Base: b}, "upload": &UploadPage{Base: b}, "upload-dropped": &UploadPage{Base: b, Dropped: true}, "hooks": &HooksPage{Base: b}, "hook": &HookPage{Base: b},
		"partners": &PartnersPage{Base: b}, "partner": &PartnerPage{Base: b, Side: "supplier", State: "partner.invited"}, "people": &PeoplePage{Base: b, People: []MemberRow{{Person: maya}}}, "company": &CompanyPage{Base: b}, "profile": &ProfilePage{Base: b},
		"room-holds": &HoldsPage{Base: b, BackURL: "/x"}, "make-of": &MakePage{Base: b, URL: "/x", BackURL: "/y"}, "room-file": &RoomFilePage{Base: b, Name: "x", BackURL: "/x", DownloadURL: "/y"},
		"call": &CallPage{Base: b, Room: &Room{ID: "r", Icon: "hash", Title: Raw("Aurelia Tools"), InCall: true}}, "rooms": &RoomsPage{Base: b}, "room": &RoomsPage{Base: b, Room: &Room{ID: "r", Icon: "hash", Title: Raw("Aurelia Tools")}}, "mail": &OutboxPage{Base: b, SMTP: true}, "mail-one": &MailPage{Base: b}, "platform": &PlatformPage{Base: b}, "help": &HelpPage{Base: open(lang)}, "api": &APIPage{Base: open(lang)}, "room-form": &RoomFormPage{Base: b},
		"error-500": &ErrorPage{Base: open(lang), Status: 502}, "error-422": &ErrorPage{Base: open(lang), Status: 400}, "offline": &OfflinePage{Base: open(lang)},
	}
	maps.Copy(out, leadEmpties(b))
	maps.Copy(out, map[string]Page{"mappings": &MappingsPage{Base: b}, "mapping-form": &MappingFormPage{Base: b}, "mapping": &MappingPage{Base: b, Partner: "x"}})
	maps.Copy(out, promoEmpties(b))
	maps.Copy(out, settleEmpties(b))
	maps.Copy(out, fundEmpties(b))
	maps.Copy(out, dealEmpties(b))
	maps.Copy(out, quoteEmpties(b))
	maps.Copy(out, engageEmpties(b))
	maps.Copy(out, map[string]Page{"approvals": &ApprovalsPage{Base: b}, "approval": &ApprovalPage{Base: b, Title: Raw("x")}, "approval_rules": &ApprovalRulesPage{Base: b}})
	return out
}

func inboxSample(k Base) *InboxPage {
	return &InboxPage{Base: k, URL: "/c/kestrel/inbox", SettingsURL: "/c/kestrel/profile#pr-ma", Unread: 1, Tabs: []Tab{{T("inbox.open"), "?", -1, true}, {T("inbox.unread"), "?view=unread", 1, false}}, Pager: Pager{Shown: 2, Total: 12, Next: "?after=n2"},
		Groups: []NoticeGroup{
			{Notice: Notice{ID: "n1", Unread: true, Tone: Red, Icon: "package-off", Text: T("need.refused", "number", "4500187519"), Sub: NoticeReason("role.buyer"), URL: "/o/1", At: at(24, 9, 12)}, More: 6, CanMute: true, Earlier: []Notice{{ID: "n0", Text: T("event.order.confirmed", "number", "4500187519", "company", "Aurelia Tools"), URL: "/o/1", At: at(23, 9, 12)}}},
			{Notice: Notice{ID: "n2", Tone: Green, Icon: "check", Text: T("event.order.confirmed", "number", "4500187610", "company", "Aurelia Tools"), At: at(20, 9, 12)}, Muted: true},
		}}
}

func inboxPile(k Base, pile string) *InboxPage {
	p := inboxSample(k)
	p.View = pile
	for i := range p.Groups {
		p.Groups[i].Until, p.Groups[i].Unread = at(27, 8, 0), false
	}
	return p
}

// freeRoom is a room about no object, with what can be done with it.
func freeRoom(r *Room) *Room {
	r.About.Free = &FreeRoom{Title: "Fair in Leeds", Change: true, Own: true, Leave: true, People: options("2", "2", "Dan Whitlock", "3", "Priya Nair")}
	return r
}

// unpinned is a document as a file shows it that was not judged.
func unpinned(i Inspect) Inspect {
	i.Sets, i.Segments = 3, slices.Clone(i.Segments)
	for n := range i.Segments {
		i.Segments[n].Pins = nil
	}
	return i
}
