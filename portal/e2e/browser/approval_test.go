package browser

import (
	"testing"
	"time"
)

// TestApprovalOnAPhone: Chen, on a telephone and in Chinese, sets a limit, orders above it,
// refuses the order with a reason, edits it, approves it, and sees it sent.
func TestApprovalOnAPhone(t *testing.T) {
	chen := tab(t, left)
	must(t, chen.Size(390, 844, 2), home(chen, server.URL, "chen@huadong.example"))
	open(t, chen, "/c/huadong/company/approvals")
	must(t, chen.Says("h1", "审批规则"))
	fits(t, chen, "the rules")
	must(t, chen.Fill("[name=ceiling]", "900000"), chen.Run(chosen("[name=approver]", "role:admin")), chen.Eval(`document.querySelector("[name=four_eyes]").checked = false`, nil))
	must(t, chen.Click("#edit .btn-primary"), chen.Says(".e-li", "900,000"))
	fits(t, chen, "a rule")
	picture(t, chen, "approval-rules-phone", Looks[2])

	open(t, chen, "/c/huadong/orders/new")
	must(t, chen.Fill("[name=po]", "HD-APPROVE-1"), chen.Fill("[name=requested]", time.Now().AddDate(0, 0, 14).Format(time.DateOnly)), chen.Fill(`[name="line.0.sku"]`, "AUR-D18B"), chen.Fill(`[name="line.0.quantity"]`, "9000"))
	for name, value := range map[string]string{"ship_name": "华东五金 一号仓", "ship_street": "共和新路 1988 号", "ship_city": "上海", "ship_postcode": "200072"} {
		must(t, chen.Fill("[name="+name+"]", value))
	}
	must(t, chen.Click("#order-form .row-x > .btn-primary"), chen.Says("h1", "等待批准"), chen.Says(".e-held", "超过贵公司限额"))
	fits(t, chen, "an approval")
	picture(t, chen, "approval-phone", Looks[2])
	must(t, chen.Click(".e-held summary"), chen.Fill("[name=reason]", "数量太多"), chen.Click(".e-held details .btn-dangerline[type=submit]"), chen.Says("h1", "已拒绝"), chen.Says(".e-held", "数量太多"))
	fits(t, chen, "a refused approval")
	must(t, chen.Click(".e-held a.btn-primary"), chen.Until(`document.querySelector('[name="line.0.quantity"]')?.value === "9000"`))
	must(t, chen.Fill(`[name="line.0.quantity"]`, "8000"), chen.Click("#order-form .row-x > .btn-primary"), chen.Says("h1", "等待批准"))
	open(t, chen, "/c/huadong/")
	must(t, chen.Says("main", "HD-APPROVE-1"))
	open(t, chen, "/c/huadong/approvals")
	fits(t, chen, "the list of approvals")
	must(t, chen.Click("#rows a"), chen.Says("h1", "等待批准"), chen.Click(".e-held .btn-primary"), chen.Says("h1", "已批准"))
	open(t, chen, "/c/huadong/orders?q=HD-APPROVE-1")
	must(t, chen.Says("#rows", "HD-APPROVE-1"))
	open(t, chen, "/c/huadong/company/approvals")
	must(t, chen.Eval(`document.querySelector(".e-li form").submit()`, nil), chen.Until(`!document.querySelector(".e-li form") && document.readyState === "complete"`))
}
