package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"entente/portal/locale"
	"entente/portal/view"
	"entente/prm/money"
	"entente/prm/promo"
)

// The script of the chart gets the numbers that are drawn, nothing where nothing is known, and
// for each period the values in the words of its reader.
func TestChartData(t *testing.T) {
	weeks := []promo.Weighed{
		{From: "2026-11-30", To: "2026-12-06", Known: true, Actual: money.Whole(200)},
		{From: "2026-12-07", To: "2026-12-13", Known: true, Actual: money.Whole(240), Part: promo.InWindow, Fitted: true, Base: money.Whole(180), Low: 150_500_000, High: money.Whole(210)},
	}
	in := map[string]promo.Weighed{"2026-11-30": weeks[0], "2026-12-07": weeks[1]}
	sold := map[string]promo.Weighed{"2026-12-07": {From: "2026-12-07", Actual: money.Whole(90)}}
	rows := []view.PromoPeriod{{From: "2026-11-30", To: "2026-12-06", In: "200"}, {From: "2026-12-07", To: "2026-12-13", In: "240", Sold: "90", Base: "180", Span: "150.5 to 210"}}
	for lang, words := range map[locale.Language][]string{"en": {"Sold in, by invoice 240", "Sold on to customers 90", "180 (150.5 to 210)"}, "zh-CN": {"240", "90", "180（150.5 to 210）", "至"}} {
		v := &visit{p: locale.New(lang, time.UTC, time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC))}
		c := &view.PromoChart{In: view.T("lift.in.invoice"), Sold: view.T("lift.in.resale")}
		var got struct {
			X                         []int64
			In, Sold, Base, High, Low []*float64
			Win                       []bool
			Say                       []string
		}
		if err := json.Unmarshal([]byte(v.chartData(c, rows, weeks, in, sold)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.X) != 2 || got.X[1]-got.X[0] != 7*24*3600 || *got.In[0] != 200 || got.Sold[0] != nil || *got.Sold[1] != 90 || got.Base[0] != nil || *got.Low[1] != 150.5 || *got.High[1] != 210 || got.Win[0] || !got.Win[1] {
			t.Errorf("%s: %+v", lang, got)
		}
		for _, w := range words {
			if !strings.Contains(got.Say[1], w) {
				t.Errorf("%s: %q has no %q", lang, got.Say[1], w)
			}
		}
		if strings.Contains(got.Say[0], "90") || strings.Contains(got.Say[0], "180") {
			t.Errorf("%s: %q tells of what is not known", lang, got.Say[0])
		}
	}
}
