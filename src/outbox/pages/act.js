// Does what the link of a mail asks for, once somebody says so: sends the token of the address, and what was filled in, to the API.
(function () {
  'use strict';

  var form = document.getElementById('act');
  var button = form.querySelector('button');
  var said = document.getElementById('said');
  var token = new URLSearchParams(window.location.search).get('token');

  // Texts are in the page, in its language; what the API says of faults comes as it is.
  function say(id, details) {
    said.textContent = '';
    var text = document.createElement('p');
    text.textContent = document.getElementById(id).textContent;
    said.appendChild(text);
    if (details.length > 0) {
      var list = document.createElement('ul');
      details.forEach(function (detail) {
        var item = document.createElement('li');
        item.textContent = detail;
        list.appendChild(item);
      });
      said.appendChild(list);
    }
    said.className = id === 'done' ? 'done' : 'notice';
    said.focus();
  }

  function refused(problem) {
    var type = String(problem.type || '').split('/').pop();
    if (type === 'invalid-token') {
      form.hidden = true;
      return say('invalid-token', []);
    }
    button.disabled = false;
    var faults = problem.errors || problem.violations || [];
    var details = faults.map(function (fault) {
      return (fault.pointer ? fault.pointer.replace(/^\//, '') + ' ' : '') + fault.detail;
    });
    return say('refused', details.length > 0 ? details : [String(problem.detail || '')]);
  }

  if (!token) {
    form.hidden = true;
    say('missing', []);
    return;
  }
  if (form.dataset.void) {
    form.hidden = true;
    say('invalid-token', []);
    return;
  }
  button.disabled = false;
  form.addEventListener('submit', function (event) {
    event.preventDefault();
    button.disabled = true;
    var body = { token: token };
    form.querySelectorAll('input').forEach(function (input) {
      body[input.name] = input.value;
    });
    if (form.dataset.locale) {
      body.locale = form.dataset.locale;
    }
    window
      .fetch(form.dataset.path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      })
      .then(function (answer) {
        if (answer.ok) {
          form.hidden = true;
          return say('done', []);
        }
        return answer.json().then(refused);
      })
      .catch(function () {
        button.disabled = false;
        say('unreachable', []);
      });
  });
})();
