"""Charts for the browser, as options of ECharts."""
