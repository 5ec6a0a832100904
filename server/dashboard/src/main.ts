import { mount } from 'svelte'
import './styles/type.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/duty.css'
import './styles/pages.css'
import App from './App.svelte'
import { Store } from './state/store.svelte'

const store = new Store()
mount(App, { target: document.getElementById('app')!, props: { store } })
void store.start()
