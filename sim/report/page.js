// Draws the plots of a report with Vega-Embed. Every specification is the very text of the file
// plots/NAME.vl.json; its data comes from the page itself instead of the CSV files beside it.
'use strict';
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const tables = read('report-data');
  const plots = read('report-plots');
  const dark = window.matchMedia('(prefers-color-scheme: dark)');

  if (typeof vegaEmbed === 'undefined') {
    for (const plot of plots) {
      document.getElementById('plot-' + plot.name).textContent =
          'Not drawn: this program was built without the plot library. ' +
          'plots/' + plot.name + '.vl.json draws it with any Vega-Lite viewer.';
    }
    return;
  }

  const loader = vega.loader();
  loader.load = async (address) => tables[address.split('/').pop()] ?? '';

  const light = {
    ink: '#1d2126',
    quiet: '#5c6570',
    line: '#dfe2e6',
    classes:
        ['#1f6fb2', '#d9731a', '#2e8b57', '#b03a95', '#a98600', '#6a51c7', '#c2362b', '#1d8a8a'],
  };
  const night = {
    ink: '#e8eaed',
    quiet: '#9aa4b0',
    line: '#343b44',
    classes:
        ['#6db3f2', '#f5a65b', '#6fcf97', '#e88ad6', '#f2d45c', '#9d8df1', '#f27d72', '#7fd6d6'],
  };
  const theme = (colours, width, background) => {
    const narrow = width < 480;
    const text = {
      labelColor: colours.quiet,
      labelFontSize: 12,
      titleColor: colours.quiet,
      titleFontSize: 12,
      titleFontWeight: 'normal',
    };
    return {
      background,
      font: 'system-ui, sans-serif',
      axis: {
        ...text,
        gridColor: colours.line,
        domainColor: colours.quiet,
        tickColor: colours.quiet,
        labelOverlap: 'greedy',
      },
      axisX: {grid: false, tickCount: narrow ? 4 : 8},
      legend: {
        ...text,
        labelColor: colours.ink,
        orient: 'top',
        columns: narrow ? 2 : 6,
        symbolStrokeWidth: 3,
        labelLimit: narrow ? 130 : 260,
        gradientLength: narrow ? 140 : 200,
      },
      view: {stroke: null},
      rule: {color: colours.ink},
      text: {color: colours.ink, fontSize: 12},
      mark: {color: colours.classes[0]},
      range: {category: colours.classes},
    };
  };

  // Always in light colours and of one size, to be put into a document.
  const save = async (plot) => {
    const width = 720;
    const result = await vegaEmbed(document.createElement('div'), {...plot.spec, width}, {
      actions: false,
      config: theme(light, width, 'white'),
      loader,
      renderer: 'none',
    });
    const svg = await result.view.toSVG();
    result.finalize();
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([svg], {type: 'image/svg+xml'}));
    link.download = plot.name + '.svg';
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const shown = new Map();
  const draw = async (plot) => {
    const place = document.getElementById('plot-' + plot.name);
    shown.get(plot.name)?.finalize();
    try {
      shown.set(plot.name, await vegaEmbed(place, plot.spec, {
        actions: false,
        config: theme(dark.matches ? night : light, place.clientWidth, 'transparent'),
        loader,
        renderer: 'canvas',
      }));
      document.getElementById('save-' + plot.name).onclick = () => save(plot);
    } catch (error) {
      place.textContent = 'Not drawn: ' + error.message;
    }
  };
  // One after the other, so that the page stays usable while a large one is drawn.
  const drawAll = async () => {
    for (const plot of plots) await draw(plot);
    document.body.dataset.drawn = 'yes';
  };
  drawAll();
  dark.addEventListener('change', drawAll);
})();
