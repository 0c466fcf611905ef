/* How the page looks: light and dark, as wide as there is room, nothing loaded from elsewhere. */
#ifndef MOTE_CLI_FUZZ_REPORT_PAGE_H
#define MOTE_CLI_FUZZ_REPORT_PAGE_H

static const char page_head[] =
	"<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
	"<meta name=color-scheme content=\"light dark\"><title>mote fuzz</title>\n<style>\n"
	":root{--bg:#fbfbfa;--card:#fff;--text:#1d2327;--dim:#69737c;--line:#dfe3e6;--accent:#2563a8;--code:#f1f3f4;--bad:#b3261e;"
	"--badbg:#fbe9e7}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2125;--text:#dde3e8;--dim:#8d98a1;--line:#2e353b;--accent:#74aef0;"
	"--code:#22282d;--bad:#ff8f85;--badbg:#3a2220}}\n"
	"*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif}\n"
	"header,main{max-width:1080px;margin:0 auto;padding:0 16px}header{padding-top:24px}h1{font-size:24px;margin:0}"
	"h2{font-size:18px;margin:36px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}\n"
	"h3{font-size:15px;margin:0;overflow-wrap:anywhere}p{margin:6px 0;overflow-wrap:anywhere}header p{margin:2px 0 18px}\n"
	".dim{color:var(--dim);font-size:13px}small{color:var(--dim);font-weight:400;font-size:12px}\n"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:0 0 12px}"
	".cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}"
	".cards dt{color:var(--dim);font-size:13px}.cards dd{margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}\n"
	"article{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:8px;padding:12px 16px;"
	"margin:12px 0}\n"
	".kind{background:var(--badbg);color:var(--bad);border-radius:4px;padding:1px 7px;font-size:13px}\n"
	"pre,code{font:13px/1.45 ui-monospace,monospace}pre{background:var(--code);border-radius:6px;padding:8px 12px;margin:8px 0;"
	"overflow-x:auto}pre.command{user-select:all}\n"
	"details{margin:6px 0}summary{cursor:pointer}.wide{overflow-x:auto}\n"
	"table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--dim);font-weight:500;font-size:13px}"
	"th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}\n"
	".num{font-variant-numeric:tabular-nums;white-space:nowrap}.share{white-space:nowrap}.lines{font-variant-numeric:tabular-nums;"
	"color:var(--dim);font-size:13px}\n"
	".bar{display:inline-block;width:90px;height:8px;border-radius:4px;background:var(--line);overflow:hidden;vertical-align:middle}"
	".bar i{display:block;height:100%;background:var(--accent)}\n"
	".file{border-bottom:1px solid var(--line);margin:0;padding:4px 0}.file .name{display:inline-block;min-width:min(320px,60vw);"
	"font:13px ui-monospace,monospace;overflow-wrap:anywhere}.file .num{display:inline-block;min-width:3em;text-align:right}\n"
	".errors span{display:inline-block;background:var(--code);border-radius:4px;padding:0 6px;margin:1px 0;font-size:12px}\n"
	".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:16px}figure{margin:0;background:var(--card);"
	"border:1px solid var(--line);border-radius:8px;padding:12px}figcaption{color:var(--dim);font-size:13px;margin-bottom:6px}\n"
	"svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font:11px system-ui,sans-serif}.grid{stroke:var(--line);fill:none}"
	"polyline{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}\n"
	"main{padding-bottom:48px}\n</style>\n";

#endif
