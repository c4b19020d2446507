package view

import "time"

// monitorSample is the morning of the design.
func monitorSample(k Base) *MonitorPage {
	late := AckWait{Title: T("monitor.late_by", "code", "997", "duration", 3*time.Hour), Text: T("monitor.arrived", "type", "810", "code", "997", "due", at(24, 7, 20)), CanAsk: true, CanConfirm: true}
	lost := AckWait{Title: T("monitor.late_by", "code", "CONTRL", "duration", 18*time.Minute), Text: T("monitor.maybe_lost", "code", "CONTRL", "due", at(24, 10, 14)), Note: T("monitor.asked", "when", at(23, 10, 0)), CanResend: true}
	chart := Bars{Most: 149, Say: T("monitor.chart", "most", 149, "when", at(24, 9, 0), "refused", 10), Labels: []time.Time{at(23, 11, 0), at(23, 17, 0), at(24, 10, 0)}}
	for i := range 24 {
		chart.Bars = append(chart.Bars, Bar{X: 25*i + 1, Y: 112 - 4*i, W: 23, H: 4 * i, Bad: i == 3, Words: T("monitor.bar", "when", at(24, 9, 0), "total", 4*i, "refused", 1)})
	}
	return &MonitorPage{Answers: []LateAnswer{{"/c/aurelia/orders/1", kestrel, "4500187342", true, at(23, 17, 0)}}, Unsaid: 3, AllLate: "/c/aurelia/orders?view=late",
		Base: k, ListURL: "/c/kestrel/edi", Spans: []Tab{{T("monitor.span_day"), "/c/kestrel/edi/monitor", -1, true}, {T("monitor.span_week"), "/c/kestrel/edi/monitor?span=week", -1, false}},
		Documents: 1533, In: 811, Out: 722, Refused: 10, Persons: 3, LateCount: 22, Oldest: 3 * time.Hour, Chart: chart, Looked: 8,
		States: []StateTally{{"edi.accepted", 780, 0}, {"edi.rejected", 10, 0}, {"edi.fetched", 0, 700}},
		Late:   []LateRow{{"/c/kestrel/edi/1", baltic, []string{"810"}, "INV-88190", late}, {"/c/kestrel/edi/2", huadong, []string{"ORDRSP"}, "OR-2207", lost}},
		Stuck: []StuckRow{
			{"/c/kestrel/edi/3", kestrel, []string{"850"}, "4500187519", Status{State: "edi.failed"}, T("monitor.parked", "tries", "3", "reason", T("error.unavailable")), at(24, 9, 12), Deeds{Answer: true}},
			{"/c/kestrel/edi/4", baltic, []string{"855"}, "MI-4410", Status{State: "edi.unproved"}, Text{}, at(24, 10, 18), Deeds{Resend: true}},
		},
		Errors: []ErrorRow{{"/c/kestrel/edi/5?set=1", kestrel, false, Raw("DTM02 20261131 does not exist."), "element.date", 4}, {"/c/kestrel/edi/6", aurelia, true, Raw("BIG02 is missing."), "element.missing", 1}},
		Rows:   []MessageRow{{URL: "/c/kestrel/edi/7", Partner: kestrel, Types: []string{"850"}, Reference: "4500187622", Control: "000000412", Channel: T("channel.api"), At: at(24, 10, 31), Status: Status{State: "edi.accepted"}, Pips: done(T("pips.accepted")), Took: 900 * time.Millisecond}},
	}
}
