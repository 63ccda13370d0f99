// Makes a page's charts interactive: tooltips, lines that can be hidden, zoom. Without this the picture stays as it is;
// the table below it says the same in text. Colours are read from the page's style, so that dark mode and print follow it.
(() => {
  'use strict';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const hovers = matchMedia('(hover: hover)');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const dashes = ['solid', [7, 4], [2, 4], [10, 4, 2, 4], [4, 3], [1, 3]];

  for (const place of document.querySelectorAll('[data-chart]')) {
    try {
      enhance(place, JSON.parse(place.dataset.chart));
    } catch (error) {
      place.classList.remove('interactive');
      console.warn('the chart stays a picture: ' + error.message);
    }
  }

  function enhance(place, data) {
    const picture = place.querySelector('svg');
    const drawn = document.createElement('div');
    drawn.className = 'drawn';
    drawn.setAttribute('role', 'img');
    drawn.setAttribute('aria-label', picture.getAttribute('aria-label') + '. The table below has all values.');
    const zooms = data.line && data.labels.length > 20;
    drawn.style.height = (data.line ? (zooms ? 350 : 300) : picture.height.baseVal.value) + 'px';
    place.append(drawn);
    place.classList.add('interactive');
    const chart = echarts.init(drawn, null, { renderer: 'canvas' });
    const draw = () => chart.setOption(data.line ? lines(data, zooms) : bars(data, drawn.clientWidth));
    draw();
    dark.addEventListener('change', draw);
    new ResizeObserver(() => { chart.resize(); if (!data.line) draw(); }).observe(drawn);
    legend(place, chart, data);
  }

  // The list of names that the page has becomes one of buttons, which a keyboard reaches too.
  function legend(place, chart, data) {
    const items = place.parentElement.querySelectorAll('.legend li');
    items.forEach((item, i) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      button.title = 'Show or hide';
      button.append(...item.childNodes);
      item.append(button);
      button.addEventListener('click', () => {
        button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
        chart.dispatchAction({ type: 'legendToggleSelect', name: name(data, i) });
      });
    });
  }

  // Two series may have the same name.
  function name(data, i) {
    return i + ' ' + data.series[i].name;
  }

  function style() {
    const of = getComputedStyle(document.documentElement);
    const value = (key) => of.getPropertyValue('--' + key).trim();
    return { colours: [1, 2, 3, 4, 5, 6].map((i) => value('c' + i)), bar: parseFloat(value('bar')) / 100, ink: value('ink'), soft: value('soft'), faint: value('faint'), hair: value('hair'), strong: value('hair-strong'), card: value('card'), tint: value('tint'), accent: value('accent'), font: getComputedStyle(document.body).fontFamily };
  }

  function common(data, look) {
    return {
      animation: !still.matches,
      animationDuration: 300,
      textStyle: { fontFamily: look.font },
      legend: { show: false, data: data.series.map((_, i) => name(data, i)) },
      tooltip: { trigger: 'axis', confine: true, borderWidth: 0, padding: 0, backgroundColor: 'transparent', extraCssText: 'box-shadow: none', formatter: (points) => tip(data, points) },
    };
  }

  // Elements, since a text with styles in it would be refused by the page's policy.
  function tip(data, points) {
    const box = document.createElement('div');
    box.className = 'tip';
    const head = document.createElement('b');
    head.textContent = data.labels[points[0].dataIndex];
    box.append(head);
    const seen = new Set();
    for (const point of points) {
      const number = parseInt(point.seriesName, 10);
      if (seen.has(number)) continue;
      seen.add(number);
      const line = document.createElement('p');
      const label = document.createElement('span');
      const mark = document.createElement('i');
      mark.className = 's' + (number + 1);
      label.append(mark, data.series[number].name);
      const value = document.createElement('strong');
      value.textContent = data.series[number].texts[point.dataIndex];
      line.append(label, value);
      box.append(line);
    }
    return box;
  }

  function lines(data, zooms) {
    const look = style();
    const byTime = data.times !== null;
    return {
      ...common(data, look),
      grid: { left: 4, right: 14, top: 22, bottom: zooms ? 52 : 4, containLabel: true },
      xAxis: {
        type: byTime ? 'time' : 'category', data: byTime ? undefined : data.labels, boundaryGap: false, splitLine: { show: false },
        axisLine: { lineStyle: { color: look.strong } }, axisTick: { show: false }, axisLabel: { color: look.faint, fontSize: 11.5, hideOverlap: true },
        axisPointer: { lineStyle: { color: look.strong, type: 'solid' }, label: { show: false } },
      },
      yAxis: {
        type: 'value', min: data.lowest, max: data.highest, interval: data.step,
        axisLabel: { color: look.faint, fontSize: 11.5, formatter: (_, i) => data.ticks[i] ?? '' }, splitLine: { lineStyle: { color: look.hair } },
      },
      useUTC: true,
      dataZoom: zooms ? [
        // A finger that moves over the chart scrolls the page.
        ...(hovers.matches ? [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }] : []),
        { type: 'slider', height: 22, bottom: 8, borderColor: look.hair, fillerColor: look.tint, backgroundColor: 'transparent', dataBackground: { lineStyle: { color: look.strong }, areaStyle: { color: look.hair } }, selectedDataBackground: { lineStyle: { color: look.accent }, areaStyle: { color: look.tint } }, handleStyle: { color: look.card, borderColor: look.strong }, moveHandleSize: 0, textStyle: { color: look.faint }, brushSelect: false, labelFormatter: (value) => byTime ? '' : data.labels[value] ?? '' },
      ] : [],
      series: data.series.map((series, i) => ({
        name: name(data, i), type: 'line', connectNulls: false, symbol: 'circle', symbolSize: 6, showSymbol: data.labels.length <= 32, showAllSymbol: data.labels.length <= 32,
        data: byTime ? series.values.map((value, at) => [data.times[at], value]) : series.values,
        lineStyle: { color: look.colours[i], width: 2, type: dashes[i] }, itemStyle: { color: look.colours[i] },
        areaStyle: data.series.length === 1 ? { color: look.colours[i], opacity: 0.09 } : undefined,
        emphasis: { focus: 'none' },
      })),
    };
  }

  function bars(data, width) {
    const look = style();
    const one = data.series.length === 1;
    const longest = Math.max(...data.series.flatMap((s) => s.texts.map((t) => t.length)));
    const names = Math.min(width * 0.36, 260, 12 + 7.4 * Math.max(...data.labels.map((label) => label.length)));
    const axis = (more) => ({ type: 'category', inverse: true, data: data.labels, axisLine: { show: false }, axisTick: { show: false }, ...more });
    return {
      ...common(data, look),
      grid: { left: one ? 0 : names + 8, right: 16 + longest * 7.6, top: 0, bottom: 0, containLabel: false },
      xAxis: { type: 'value', min: data.lowest, max: data.highest === data.lowest ? data.lowest + 1 : data.highest, show: false },
      yAxis: [
        axis({ axisLabel: one ? { show: false } : { color: look.ink, fontSize: 13, width: names, overflow: 'truncate' }, axisPointer: { type: 'shadow', z: -1, shadowStyle: { color: look.tint, opacity: 0.5 } } }),
        axis({ position: 'right', axisLabel: { show: one, color: look.ink, fontSize: 13, fontWeight: 600, interval: 0, align: 'right', margin: 16 + longest * 7.6, formatter: (_, i) => data.series[0].texts[i] }, axisPointer: { show: false } }),
      ],
      series: data.series.map((series, i) => ({
        name: name(data, i), type: 'bar', data: series.values, barMinHeight: 3, barCategoryGap: one ? 5 : 10, barGap: '10%',
        itemStyle: { color: echarts.color.modifyAlpha(look.colours[i], look.bar), borderRadius: 3 },
        label: one
          ? { show: true, position: 'insideLeft', distance: 12, color: look.ink, fontSize: 13, fontWeight: 500, formatter: (point) => data.labels[point.dataIndex], width: Math.max(80, width - 60 - longest * 8), overflow: 'truncate' }
          : { show: true, position: 'right', color: look.ink, fontSize: 12, fontWeight: 600, formatter: (point) => series.texts[point.dataIndex] },
        emphasis: { itemStyle: { color: echarts.color.modifyAlpha(look.colours[i], look.bar + 0.15) } },
      })),
    };
  }
})();
